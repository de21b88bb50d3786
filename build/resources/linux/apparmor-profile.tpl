# Ubuntu 24.04 and later let a program make user namespaces, on which Chromium's sandbox stands, only if a profile says so. This one says so and
# restricts nothing else. Loaded by the package's install script where the system's AppArmor knows this version of the language.
abi <abi/4.0>,
include <tunables/global>

profile ${executable} "/opt/${sanitizedProductName}/${executable}" flags=(unconfined) {
  userns,

  include if exists <local/${executable}>
}
