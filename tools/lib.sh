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

# packages_missing [all [tests | chaos]]: Debian packages of the servers that the environment does not
# name, a C++ toolchain while the ZooKeeper client is not built, and what tests alone use. None of them
# starts a system service.
packages_missing() {
  if [ -z "${TALLY_ZOOKEEPER-}" ] || [ "${1-}" = all ]; then
    command -v java >/dev/null || printf ' default-jre-headless'
    [ -e /usr/share/java/zookeeper.jar ] || printf ' libzookeeper-java'
  fi
  if [ -z "${TALLY_REDIS_URL-}" ] || [ "${1-}" = all ]; then
    [ -x /usr/bin/redis-server ] || [ -x /usr/bin/redis-check-rdb ] || printf ' redis-tools'
  fi
  if [ ! -e node_modules/zookeeper/build/Release/zookeeper.node ]; then
    for tool in python3 make g++; do
      command -v "$tool" >/dev/null || printf ' %s' "$tool"
    done
  fi
  if [ "${2-}" = tests ]; then
    for tool in kubectl:kubernetes-client openssl curl; do
      command -v "${tool%:*}" >/dev/null || printf ' %s' "${tool#*:}"
    done
  fi
  # A Kafka client that is not ours, and what makes a disk that fails when it is told so.
  if [ "${2-}" = tests ] || [ "${2-}" = chaos ]; then
    for tool in kcat faketime nbdkit nbdfuse:libnbd-bin fusermount3:fuse3; do
      command -v "${tool%:*}" >/dev/null || printf ' %s' "${tool#*:}"
    done
  fi
}

# need_packages [all [tests | chaos]]: installs what packages_missing tells. Who may not is told once
# for all: the command to give to an administrator has what tools/test needs too.
need_packages() {
  need_npm
  missing=$(packages_missing "$@")
  [ -n "$missing" ] || return 0
  install="apt-get install --yes --no-install-recommends"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
  else
    die "packages are missing:$missing. As root, run this once for every tool of this clone, also tools/test; then try again:
  apt-get update && $install$(packages_missing all tests)"
  fi
  say "installing packages:$missing"
  mkdir -p .tally
  {
    $as_root apt-get update &&
      $as_root env DEBIAN_FRONTEND=noninteractive $install $missing
  } >.tally/apt.log 2>&1 || die "apt-get failed, see .tally/apt.log: $(tail -n 1 .tally/apt.log)"
}

# What node_modules are made of; other than in their own note of it, they have to be installed.
modules_wanted() {
  printf '%s-%s' "$(cat package-lock.json .npmrc | sha256sum | cut -c 1-64)" "$(node -p process.versions.modules)"
}
have_modules() { [ "$(cat node_modules/.tally-lock 2>/dev/null)" = "$(modules_wanted)" ]; }

# need_npm: asked before anything is installed. Debian's Node comes without it.
need_npm() {
  have_modules || command -v npm >/dev/null ||
    die 'npm is missing, which installs node modules; Debian has it as a package of its own (as root: apt-get update && apt-get install --yes npm), Node from elsewhere brings it along'
}

# need_modules: node_modules as the lock file says; npm ci only when the lock changed.
need_modules() {
  have_modules && return 0
  need_npm
  say 'installing node modules'
  # The ZooKeeper client is compiled against the headers of the installed Node; node-gyp would download them.
  if [ -z "${npm_config_nodedir-}" ] && [ -z "$(npm config get nodedir 2>/dev/null | grep -v undefined)" ]; then
    prefix=$(node -p 'require("node:path").join(process.execPath, "../..")')
    [ ! -e "$prefix/include/node/node.h" ] || export npm_config_nodedir="$prefix"
  fi
  mkdir -p .tally
  npm ci --no-audit --no-fund >.tally/npm.log 2>&1 || die "npm ci failed, see .tally/npm.log: $(grep -i -m 1 'npm err' .tally/npm.log || tail -n 1 .tally/npm.log)"
  modules_wanted >node_modules/.tally-lock
}

# What Nx keeps is kept in the clone: by default its native part is copied to the system's temporary
# folder, and its plug-ins run as processes of their own, with sockets there.
nx() {
  NX_DAEMON=false NX_TUI=false NX_SKIP_NATIVE_FILE_CACHE=true NX_ISOLATE_PLUGINS=false \
    node node_modules/nx/dist/bin/nx.js "$@"
}

# built: whether nothing that is built has changed since build has built all of it, with this Node.
# A folder changes with the names in it; those of dist and bundle are not looked at.
built() {
  [ "$(cat .tally/built 2>/dev/null)" = "$(node --version)" ] || return 1
  for project in apps/* libs/* tools tests; do
    [ -d "$project/dist" ] || return 1
  done
  for app in apps/*; do
    [ -e "$app/bundle/service.cache" ] || return 1
  done
  [ -z "$(find apps libs tools tests package-lock.json tsconfig.base.json nx.json \
    \( -name dist -o -name bundle -o -name test-results -o -name node_modules \) -prune -o \
    \( -type f -o -path '*/*/*' \) -newer .tally/built -print -quit)" ]
}

# build: everything that runs, unless it is built already. What changes meanwhile is newer than its mark.
build() {
  built && return 0
  say 'building'
  node --version >.tally/building
  nx run-many -t build bundle --output-style=static >.tally/build.log 2>&1 ||
    die "the build failed, see .tally/build.log: $(grep -m 1 -i error .tally/build.log)"
  mv .tally/building .tally/built
}
