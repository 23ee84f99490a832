#!/usr/bin/env bash
# Installs a browser from Debian, and from npm what drives it and a Mermaid parser, below target/, for
# tests/html.rs; does nothing when they are there. Without them those tests say so and are skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

place=target/browser
if [ -e "$place/ready" ] && command -v chromium >/dev/null; then
  exit 0
fi
if ! command -v npm >/dev/null; then
  echo "note: npm is not installed; the tests in a browser are skipped"
  exit 0
fi
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "note: chromium is not installed, and this user cannot install it; the tests in a browser are skipped"
    exit 0
  fi
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update && apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1; then
    echo "note: apt could not install chromium; the tests in a browser are skipped"
    exit 0
  fi
fi
rm -rf "$place"
mkdir -p "$place"
cd "$place"
# Packed, not installed: of their own dependencies none is needed, and no script of theirs is run.
unpack() { # package, member of its archive
  tar xzf "$(npm pack --silent --ignore-scripts "$1" 2>/dev/null)" "$2"
}
unpack playwright-core@1.65.1 package
mv package playwright-core
unpack mermaid@12.3.0 package/dist/mermaid.min.js
mv package/dist/mermaid.min.js .
rm -rf package ./*.tgz
touch ready
