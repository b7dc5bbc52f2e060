# The program in a small image, without PostgreSQL: give it one in DATABASE_URL. docker-compose.yml shows how.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The caches stay out of the image, so the program is copied from them in the same step. It goes without its line tables, which are
# three quarters of it: backtraces name functions but no lines.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked \
    && strip --strip-debug -o /usr/local/bin/gotit target/release/gotit

FROM debian:bookworm-slim
# For checking the certificates of mail servers and of a hosted PostgreSQL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /nonexistent --no-create-home gotit
COPY --from=build /usr/local/bin/gotit /usr/local/bin/gotit
USER 10001:10001
EXPOSE 8080
# Ready means: the database answers and has the schema that this version needs. The first start may be loading the demo.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["gotit", "health"]
ENTRYPOINT ["gotit"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
