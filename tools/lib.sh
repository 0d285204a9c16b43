# Shared by tools/up, tools/down and tools/test: messages, and what a bare machine lacks.

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

need_node() {
  command -v node >/dev/null || die 'Node is missing; install Node 20.19 or later (https://nodejs.org)'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "Node 20.19 or later is needed, this is $(node --version)"
}

# need_disk KIB: room below the clone.
need_disk() {
  free=$(df -Pk . | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || die "not enough disk: $(($1 / 1024)) MiB are needed in $PWD, $((free / 1024)) MiB are free"
}

# need_packages [all [tests | chaos]]: Debian packages of the servers that the environment does not name, a C++
# toolchain while the ZooKeeper client is not built, and what tests alone use. None of them starts a
# system service.
need_packages() {
  missing=
  if [ -z "${TALLY_ZOOKEEPER-}" ] || [ "${1-}" = all ]; then
    command -v java >/dev/null || missing="$missing default-jre-headless"
    [ -e /usr/share/java/zookeeper.jar ] || missing="$missing libzookeeper-java"
  fi
  if [ -z "${TALLY_REDIS_URL-}" ] || [ "${1-}" = all ]; then
    [ -x /usr/bin/redis-server ] || [ -x /usr/bin/redis-check-rdb ] || missing="$missing redis-tools"
  fi
  if [ "${2-}" = tests ]; then
    for tool in kubectl:kubernetes-client openssl; do
      command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
    done
  fi
  # A Kafka client that is not ours, and what makes a disk that fails when it is told so.
  if [ "${2-}" = tests ] || [ "${2-}" = chaos ]; then
    for tool in kcat faketime nbdkit nbdfuse:libnbd-bin fusermount3:fuse3; do
      command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
    done
  fi
  if [ ! -e node_modules/zookeeper/build/Release/zookeeper.node ]; then
    for tool in python3 make g++; do
      command -v "$tool" >/dev/null || missing="$missing $tool"
    done
  fi
  [ -n "$missing" ] || return 0
  install="apt-get install --yes --no-install-recommends$missing"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
  else
    die "packages are missing; run this as root, then try again: $install"
  fi
  say "installing packages:$missing"
  mkdir -p .tally
  {
    $as_root apt-get update &&
      $as_root env DEBIAN_FRONTEND=noninteractive $install
  } >.tally/apt.log 2>&1 || die "apt-get failed, see .tally/apt.log: $(tail -n 1 .tally/apt.log)"
}

# need_modules: node_modules as the lock file says; npm ci only when the lock changed.
need_modules() {
  lock=$(cat package-lock.json .npmrc | sha256sum | cut -c 1-64)-$(node -p process.versions.modules)
  [ "$(cat node_modules/.tally-lock 2>/dev/null)" != "$lock" ] || return 0
  say 'installing node modules'
  # The ZooKeeper client is compiled against the headers of the installed Node; node-gyp would download them.
  if [ -z "${npm_config_nodedir-}" ] && [ -z "$(npm config get nodedir 2>/dev/null | grep -v undefined)" ]; then
    prefix=$(node -p 'require("node:path").join(process.execPath, "../..")')
    [ ! -e "$prefix/include/node/node.h" ] || export npm_config_nodedir="$prefix"
  fi
  mkdir -p .tally
  npm ci --no-audit --no-fund >.tally/npm.log 2>&1 || die "npm ci failed, see .tally/npm.log: $(grep -m 1 'npm error' .tally/npm.log)"
  printf '%s' "$lock" >node_modules/.tally-lock
}

nx() { NX_DAEMON=false NX_TUI=false node node_modules/nx/dist/bin/nx.js "$@"; }
