# The service without the contracts' toolchain: no Brownie, no compiler, no Node. docs/OPERATIONS.md says how it is run.
FROM python:3.11-slim-bookworm AS build
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_EXTRA_INDEX_URL=$PIP_EXTRA_INDEX_URL PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/colophon
COPY requirements-service.txt requirements-data.txt ./
# The lock is whole; --no-deps keeps pip from adding to it.
RUN /opt/colophon/bin/pip install --no-deps -r requirements-service.txt -r requirements-data.txt
COPY pyproject.toml .
COPY offchain offchain
RUN /opt/colophon/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/colophon /opt/colophon
RUN useradd --uid 10001 --no-create-home colophon && install -d -o colophon -m 700 /var/lib/colophon
ENV PATH=/opt/colophon/bin:$PATH PYTHONUNBUFFERED=1 COLOPHON_HOME=/var/lib/colophon
USER colophon
VOLUME /var/lib/colophon
EXPOSE 8000
ENTRYPOINT ["colophon"]
CMD ["serve"]
