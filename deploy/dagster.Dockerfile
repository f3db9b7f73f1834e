# One image for the code location, the webserver and the daemon: what runs is what the lock says, hashes included.
FROM postgres:16.4-bookworm AS postgres
RUN install -d /client/bin /client/lib \
    && cp /usr/lib/postgresql/16/bin/pg_dump /usr/lib/postgresql/16/bin/pg_restore /usr/lib/postgresql/16/bin/psql /client/bin/ \
    && cp --preserve=links /usr/lib/*-linux-gnu/libpq.so.5* /client/lib/

FROM python:3.11-slim-bookworm

# Dumps of a catalog's database are made by the programs of the server's own version; Debian's are of 15.
# Its packages bring the libraries that they and their libpq stand on.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 libreadline8 liblz4-1 libzstd1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=postgres /client/bin/ /usr/lib/postgresql/16/bin/
COPY --from=postgres /client/lib/ /usr/local/lib/
RUN ldconfig && /usr/lib/postgresql/16/bin/pg_dump --version && /usr/lib/postgresql/16/bin/psql --version

RUN useradd --create-home --uid 10001 bcn \
    && install -d -o bcn -g bcn /opt/dagster/home /opt/dagster/shared
WORKDIR /opt/bcn

COPY requirements/dagster.txt requirements/dagster.txt
RUN pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements/dagster.txt

COPY pyproject.toml README.md LICENSE ./
COPY bcn_core bcn_core
COPY bcn_dagster bcn_dagster
# For `bcn docs`, in a pod that has no network to read them in.
COPY docs docs
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

COPY --chown=bcn:bcn deploy/dagster.yaml deploy/workspace.yaml /opt/dagster/home/
ENV DAGSTER_HOME=/opt/dagster/home
USER bcn
