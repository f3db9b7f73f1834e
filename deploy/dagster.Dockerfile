# One image for the code location, the webserver and the daemon: what runs is what the lock says, hashes included.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 10001 bcn \
    && install -d -o bcn -g bcn /opt/dagster/home /opt/dagster/shared
WORKDIR /opt/bcn

COPY requirements/dagster.txt requirements/dagster.txt
RUN pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements/dagster.txt

COPY pyproject.toml README.md LICENSE ./
COPY bcn_core bcn_core
COPY bcn_dagster bcn_dagster
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

COPY --chown=bcn:bcn deploy/dagster.yaml deploy/workspace.yaml /opt/dagster/home/
ENV DAGSTER_HOME=/opt/dagster/home
USER bcn
