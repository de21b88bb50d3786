import { parseSync } from "vite";
import { z } from "zod";

/**
 * `guard`: an `if` that leaves is taken out. `condition`: the test of another `if`, a loop or `?:` is turned round. `operand`: one side of && or || is
 * all there is. `comparison`, `logic`, `arithmetic`: another operator. `quantifier`: some for every. `filter`: nothing is filtered. `answer`: a function of a
 * truth value says the opposite. `negation`: a `!` is taken out. `fallback`: of `a ?? b` always b. `call`, `write`: a statement that only calls, or only assigns, is taken out.
 */
const operatorSchema = z.enum([
  "guard",
  "condition",
  "operand",
  "comparison",
  "logic",
  "arithmetic",
  "quantifier",
  "filter",
  "answer",
  "negation",
  "fallback",
  "boolean",
  "number",
  "call",
  "write",
]);
type Operator = z.infer<typeof operatorSchema>;

export const mutantSchema = z.object({
  file: z.string(),
  line: z.number(),
  operator: operatorSchema,
  start: z.number(),
  end: z.number(),
  original: z.string(),
  replacement: z.string(),
});

/** One change of one place: the text from `start` to `end` becomes `replacement`. */
export type Mutant = Readonly<z.infer<typeof mutantSchema>>;

/** A node of the syntax tree, with whatever fields its type has: they are looked at before they are used. */
type Node = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
} & Partial<
  Record<
    | "test"
    | "consequent"
    | "alternate"
    | "left"
    | "right"
    | "operator"
    | "property"
    | "computed"
    | "expression"
    | "argument"
    | "body"
    | "value"
    | "callee"
    | "object"
    | "returnType"
    | "kind",
    unknown
  >
>;

const otherOperators = new Map([
  ["===", "!=="],
  ["!==", "==="],
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
]);

const otherArithmetic = new Map([
  ["+", "-"],
  ["-", "+"],
  ["&", "|"],
  ["|", "&"],
  ["<<", ">>"],
  [">>", "<<"],
  [">>>", "<<"],
  ["*", "/"],
  ["/", "*"],
]);

const quantifiers = new Map([
  ["some", "every"],
  ["every", "some"],
]);

/** Every mutant of a TypeScript source, in the order of the text. Types and imports are left alone: a change there cannot change a run. */
export function findMutants(file: string, text: string): Mutant[] {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} does not parse`);
  const found: Mutant[] = [];
  visit(program, (node) => {
    for (const [operator, target, replacement] of mutationsOf(node, text)) {
      const original = text.slice(target.start, target.end);
      const line = text.slice(0, target.start).split("\n").length;
      found.push({ file, line, operator, start: target.start, end: target.end, original, replacement });
    }
    return !isConstructor(node);
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.replacement < b.replacement ? -1 : 1));
}

export const applyMutant = ({ start, end, replacement }: Mutant, text: string): string =>
  text.slice(0, start) + replacement + text.slice(end);

type Span = { readonly start: number; readonly end: number };
type Mutation = readonly [operator: Operator, target: Span, replacement: string];

function mutationsOf(node: Node, text: string): Mutation[] {
  const source = (part: Span) => text.slice(part.start, part.end);
  switch (node.type) {
    case "IfStatement": {
      const { test, consequent, alternate } = node;
      if (!isNode(test) || !isNode(consequent)) return [];
      const negated: Mutation = ["condition", test, `!(${source(test)})`];
      // Turning a guard round refuses everything, which any test sees. Taking it out is what must be noticed.
      return alternate === null && leaves(consequent) ? [["guard", node, ";"]] : [negated];
    }
    case "ConditionalExpression":
    case "WhileStatement":
      return isNode(node.test) ? [["condition", node.test, `!(${source(node.test)})`]] : [];
    case "BinaryExpression":
      return operatorChange(node, text, "comparison", otherOperators) ?? operatorChange(node, text, "arithmetic", otherArithmetic) ?? [];
    case "LogicalExpression": {
      const { left, right, operator } = node;
      if (!isNode(left) || !isNode(right)) return [];
      if (operator === "??") return [["fallback", node, `(${source(right)})`]];
      const other = operator === "&&" ? "||" : "&&";
      return [
        ["logic", node, `((${source(left)}) ${other} (${source(right)}))`],
        ["operand", node, `(${source(left)})`],
        ["operand", node, `(${source(right)})`],
      ];
    }
    case "MemberExpression": {
      const property = node.property;
      const other = isNode(property) && node.computed === false ? quantifiers.get(source(property)) : undefined;
      return isNode(property) && other !== undefined ? [["quantifier", property, other]] : [];
    }
    case "CallExpression": {
      const { callee } = node;
      if (!isNode(callee) || !isNode(callee.property) || !isNode(callee.object) || source(callee.property) !== "filter") return [];
      return [["filter", node, source(callee.object)]];
    }
    case "UnaryExpression":
      return node.operator === "!" && isNode(node.argument) ? [["negation", node, source(node.argument)]] : [];
    case "ArrowFunctionExpression":
    case "FunctionDeclaration":
    case "FunctionExpression":
      return answersOf(node, text).map((answer) => ["answer", answer, `!(${source(answer)})`]);
    case "Literal":
      return literalChange(node);
    case "ExpressionStatement": {
      const expression = node.expression;
      if (isNode(expression) && ["AssignmentExpression", "UpdateExpression"].includes(expression.type)) return [["write", node, ";"]];
      const called = isNode(expression) && expression.type === "AwaitExpression" ? expression.argument : expression;
      // super() cannot be left out: every test would fail of that alone.
      return isNode(called) && called.type === "CallExpression" && !source(called).startsWith("super(") ? [["call", node, ";"]] : [];
    }
    default:
      return [];
  }
}

function operatorChange(node: Node, text: string, name: Operator, others: ReadonlyMap<string, string>): Mutation[] | undefined {
  const { left, right, operator } = node;
  const other = typeof operator === "string" ? others.get(operator) : undefined;
  if (!isNode(left) || !isNode(right) || typeof operator !== "string" || other === undefined) return undefined;
  const start = text.indexOf(operator, left.end);
  return [[name, { start, end: start + operator.length }, other]];
}

function literalChange(node: Node): Mutation[] {
  const { value } = node;
  if (typeof value === "boolean") return [["boolean", node, String(!value)]];
  if (typeof value === "number") return [["number", node, String(value + 1)]];
  if (typeof value === "bigint") return [["number", node, `${value + 1n}n`]];
  return [];
}

/** What a function returns that is declared to give a truth value, and that no other mutation turns round. */
function answersOf({ body, returnType }: Node, text: string): Node[] {
  if (!isNode(body) || !isNode(returnType) || !/^: (boolean|\w+ is )/.test(text.slice(returnType.start, returnType.end))) return [];
  if (body.type !== "BlockStatement") return isPlainAnswer(body) ? [body] : [];
  const answers: Node[] = [];
  visit(body, (node) => {
    if (node.type === "ReturnStatement" && isNode(node.argument) && isPlainAnswer(node.argument)) answers.push(node.argument);
    // What a function inside returns is its own.
    return !node.type.includes("Function");
  });
  return answers;
}

const isPlainAnswer = ({ type }: Node): boolean => ["CallExpression", "ChainExpression", "MemberExpression", "Identifier"].includes(type);

/** Whether a branch ends by leaving: return, throw, continue, break. */
function leaves(branch: Node): boolean {
  if (branch.type === "BlockStatement") {
    const last: unknown = Array.isArray(branch.body) ? branch.body.at(-1) : undefined;
    return isNode(last) && leaves(last);
  }
  return ["ReturnStatement", "ThrowStatement", "ContinueStatement", "BreakStatement"].includes(branch.type);
}

/** Nodes of the type level whose inside is nevertheless run. */
const transparent = new Set(["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression", "TSInstantiationExpression"]);

/** From the outside in. Where `see` answers false the inside is passed over. */
function visit(node: Node, see: (node: Node) => boolean): void {
  if (node.type.startsWith("Import") || (node.type.startsWith("TS") && !transparent.has(node.type)) || !see(node)) return;
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? child : [child]) if (isNode(one)) visit(one, see);
  }
}

/** A constructor that puts its parameters into fields: without one of them nothing works at all. */
const isConstructor = ({ type, kind }: Node): boolean => type === "MethodDefinition" && kind === "constructor";

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
