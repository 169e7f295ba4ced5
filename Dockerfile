# docker build -t switchboard .
# docker run -d --name switchboard --restart unless-stopped --stop-timeout 60 -p 127.0.0.1:8080:8080 -v switchboard:/data switchboard
# docker exec switchboard cat /data/admin-token
#
# Callers come from outside the container, so each sends the admin token: `Authorization: Bearer …`.
# Another config: -v ./config.yaml:/etc/switchboard/config.yaml:ro; a key of it: -e SWITCHBOARD_DATABASE__URL=postgres://…

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked && install -D target/release/switchboard /out/switchboard

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data switchboard && install -d -o switchboard -m 700 /data
COPY --from=build /out/switchboard /usr/local/bin/switchboard
COPY config.yaml /etc/switchboard/config.yaml
USER switchboard
VOLUME /data
EXPOSE 8080
ENV SWITCHBOARD_SERVER__HOST=0.0.0.0 SWITCHBOARD_CONFIG=/etc/switchboard/config.yaml SWITCHBOARD_DATA=/data
# Running turns may end: that is what --stop-timeout is for.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/usr/local/bin/switchboard"]
