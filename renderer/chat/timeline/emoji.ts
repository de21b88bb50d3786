/** Reactions that are one press away, and those behind "more". */
export const QUICK_REACTIONS: readonly string[] = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

export const MORE_REACTIONS: readonly string[] = [
  ..."👍 👎 👏 🙏 👀 💯 ✅ ❌ ❤️ 🧡 💛 💚 💙 💜 🖤 💔 😀 😄 😅 😂 🙂 😉 😊 😍 😘 🤗 🤔 🤨 😐 🙄 😏 😴".split(" "),
  ..."😎 🤓 😕 😟 😮 😳 😢 😭 😱 😡 🤯 🥳 🎉 🎂 🎁 🏆 🔥 ⭐ ✨ ⚡ 🌈 ☀️ ☕ 🍺 🍕 🚀 🚢 ⚓ 🔒 🔑 🐛 🛠️".split(" "),
];
