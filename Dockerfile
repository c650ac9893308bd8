# The service with all its models' libraries, on the CPU. The data folder is the volume /data.
FROM python:3.11-slim
ENV PIP_NO_CACHE_DIR=1 HF_HUB_OFFLINE=1 TANDEM_HOME=/data
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
# PyPI's wheels of torch carry CUDA. For the CPU build (several GB less) name PyTorch's CPU index:
#   docker build --build-arg TORCH_INDEX=... .
ARG TORCH_INDEX=""
RUN pip install --constraint constraints.txt torch==2.13.0 ${TORCH_INDEX:+--index-url "$TORCH_INDEX"}
COPY store ./store
COPY retriever ./retriever
COPY generator ./generator
COPY eval ./eval
COPY tuner ./tuner
COPY service ./service
RUN pip install --constraint constraints.txt . \
 && useradd --create-home tandem && mkdir /data && chown tandem /data
USER tandem
VOLUME /data
EXPOSE 8321
# Others can reach it, so it starts only with TANDEM_API_KEY set.
CMD ["tandem", "serve", "--host", "0.0.0.0", "--port", "8321"]
