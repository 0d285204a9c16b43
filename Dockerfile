# One image per app, each a target:  docker build --target gateway --tag tally/gateway:dev .
# An image holds the bundle of its app and the packages that the bundle leaves outside, at the
# versions of package-lock.json. It runs as user 65532 and writes to no file outside of volumes.

# Node with npm, Python and a C++ compiler, for the native parts; and Node alone. Of the same Debian.
ARG BUILD_IMAGE=docker.io/library/node:20.20.2-bookworm
ARG BASE_IMAGE=docker.io/library/node:20.20.2-bookworm-slim

# What npm reads, apart from all other files: npm runs again only when this changed.
FROM ${BUILD_IMAGE} AS packages
WORKDIR /src
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete; find . -type d -empty -delete

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY --from=packages /src ./
# Native parts are compiled against the headers of this Node; node-gyp would download them.
RUN npm_config_nodedir="$(dirname "$(dirname "$(command -v node)")")" npm ci
COPY . .
RUN NX_DAEMON=false NX_TUI=false node node_modules/nx/dist/bin/nx.js run-many -t bundle --output-style=static
RUN for app in apps/*; do node tools/image-packages.mjs "$app" "/images/${app#apps/}"; done

FROM ${BASE_IMAGE} AS runtime
ENV NODE_ENV=production
WORKDIR /app
USER 65532:65532
# Node is process 1 itself: it handles SIGTERM. partition-log runs flock(1) once at its start.
ENTRYPOINT ["node", "--import", "./otel.mjs", "main.js"]
CMD []

FROM runtime AS gateway
COPY --from=build /images/gateway ./

FROM runtime AS partitioner
COPY --from=build /images/partitioner ./

FROM runtime AS partition-log
COPY --from=build /images/partition-log ./

FROM runtime AS processor
COPY --from=build /images/processor ./

FROM runtime AS dead-letter-replayer
COPY --from=build /images/dead-letter-replayer ./

FROM runtime AS cluster-proxy
COPY --from=build /images/cluster-proxy ./

FROM runtime AS shard-proxy
COPY --from=build /images/shard-proxy ./

FROM runtime AS query
COPY --from=build /images/query ./

FROM runtime AS rollup
COPY --from=build /images/rollup ./

FROM runtime AS auditor
COPY --from=build /images/auditor ./

FROM runtime AS console
COPY --from=build /images/console ./
