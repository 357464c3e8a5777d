#!/usr/bin/env bash
# Installs the system packages that tests use, where this may be done without asking (Debian, root).
# Elsewhere it says what is missing; the tests that need it then skip, and say so.
set -u
declare -A package_of=(
  [chromium]=chromium [ffmpeg]=ffmpeg [ffprobe]=ffmpeg [strace]=strace [espeak-ng]=espeak-ng
  [tshark]=tshark [apksigner]=apksigner [pdftoppm]=poppler-utils
  [nginx]=nginx [varnishd]=varnish [squid]=squid [mosquitto]=mosquitto
)
PATH=$PATH:/usr/sbin:/sbin # where servers lie
missing=()
for command in "${!package_of[@]}"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("${package_of[$command]}")
done
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
  missing+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly)
ldconfig -p 2>/dev/null | grep -q libpangoft2 || missing+=(libpango-1.0-0 libpangoft2-1.0-0)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing test tools: ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  # Packages of servers want to start them; the tests start their own, so none may.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq >/dev/null 2>&1
  for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
      echo "NOT INSTALLED: $package; the tests that need it will skip" >&2
  done
else
  echo "NOT INSTALLED: ${missing[*]}; the tests that need them will skip" >&2
fi
exit 0
