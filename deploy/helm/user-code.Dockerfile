# The image of ../dagster.Dockerfile with what runs in pods of their own need.
#   docker build --file deploy/dagster.Dockerfile --tag bcn-dagster .
#   docker build --file deploy/helm/user-code.Dockerfile --tag registry.example/bcn-dagster-k8s:0.1.0 .
FROM bcn-dagster

USER root
RUN pip install --no-cache-dir dagster-k8s==0.29.27
USER bcn
