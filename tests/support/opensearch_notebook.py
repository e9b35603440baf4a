# SPDX-License-Identifier: MIT
# What the original notebook does with its index, by opensearch-py and boto3, without a line of hilum's. Prints what came back as one line
# of JSON.
#   opensearch_notebook.py URL ENGINE…     on a server that asks nobody who they are, with the vectors below; a list
#   opensearch_notebook.py FOLDER          all of it on AWS (AWS_ENDPOINT_URL): bucket, collection, vectors of Titan, of the images there
import base64
import json
import os
import sys
import time
import urllib.parse
import uuid

import boto3
import opensearchpy

INDEX = "x-ray-image-embedding-vector-index-" + uuid.uuid4().hex[:8]
DIAGNOSES = {"00000001_000.png": "Cardiomegaly", "00000002_000.png": "No Finding", "00000003_000.png": "Hernia Mass"}
VECTORS = {"00000001_000.png": [0.8, 0.6, 0.0], "00000002_000.png": [0.0, 0.6, -0.8], "00000003_000.png": [0.6, 0.8, 0.0]}


def server(url, **options):
    parts = urllib.parse.urlparse(url)
    return opensearchpy.OpenSearch(
        hosts=[{"host": parts.hostname, "port": parts.port}], url_prefix=parts.path.strip("/"), use_ssl=parts.scheme == "https",
        verify_certs=True, timeout=30, **options)


def index_body(dimension, engine):
    return {"settings": {"index.knn": True}, "mappings": {"properties": {
        "embedding": {"type": "knn_vector", "dimension": dimension, "method": {
            "engine": engine, "space_type": "l2", "name": "hnsw", "parameters": {"ef_construction": 128, "m": 24}}},
        "filename": {"type": "text"}, "diagnoses": {"type": "text"}}}}


def refusal(call):
    try:
        return call()
    except opensearchpy.exceptions.TransportError as error:
        return [error.status_code, error.error]


def wait_for(client, count):
    deadline = time.time() + 20
    while client.count(index=INDEX)["count"] < count:  # Serverless refreshes when it wants to
        if time.time() > deadline:
            raise SystemExit("the documents are not found")
        time.sleep(0.05)


def run(client, embeddings, query, engine, refreshes):
    result = {"created": client.indices.create(index=INDEX, body=index_body(len(query), engine))["acknowledged"]}
    result["again"] = refusal(lambda: client.indices.create(index=INDEX, body={}))
    for name, vector in embeddings.items():
        document = {"filename": name, "diagnoses": DIAGNOSES[name], "embedding": vector}
        result["written"] = client.index(index=INDEX, body=document)["result"]
    if refreshes:
        client.indices.refresh(index=INDEX)
    wait_for(client, len(embeddings))
    knn = {"size": 3, "query": {"knn": {"embedding": {"vector": query, "k": 3}}}, "_source": False, "fields": ["filename", "diagnoses"]}
    result["hits"] = [{"score": round(hit["_score"], 6), "fields": hit["fields"], "source": "_source" in hit}
                      for hit in client.search(index=INDEX, body=knn)["hits"]["hits"]]
    words = {"query": {"match": {"diagnoses": "hernia"}}, "_source": ["filename"]}
    result["words"] = [[round(hit["_score"], 6), hit["_source"]] for hit in client.search(index=INDEX, body=words)["hits"]["hits"]]
    mapping = client.indices.get_mapping(index=INDEX)[INDEX]["mappings"]["properties"]
    result["mapping"] = mapping["embedding"]
    result["exists"] = client.indices.exists(index=INDEX)
    result["deleted"] = client.indices.delete(index=INDEX)["acknowledged"]
    result["gone"] = [client.indices.exists(index=INDEX), refusal(lambda: client.search(index=INDEX, body=knn))]
    return result


def make_collection(name):
    aoss = boto3.client("opensearchserverless")
    rule = [{"ResourceType": "collection", "Resource": ["collection/" + name]}]
    me = boto3.client("sts").get_caller_identity()["Arn"]
    access = [{"ResourceType": "index", "Resource": ["index/%s/*" % name], "Permission": ["aoss:*"]}]
    aoss.create_security_policy(name=name, type="encryption", policy=json.dumps({"Rules": rule, "AWSOwnedKey": True}))
    aoss.create_security_policy(name=name, type="network", policy=json.dumps([{"Rules": rule, "AllowFromPublic": True}]))
    aoss.create_access_policy(name=name, type="data", policy=json.dumps([{"Rules": access, "Principal": [me]}]))
    aoss.create_collection(name=name, type="VECTORSEARCH")
    while True:
        collection = aoss.batch_get_collection(names=[name])["collectionDetails"][0]
        if collection["status"] == "ACTIVE":
            return collection["collectionEndpoint"]
        time.sleep(0.05)


def embed(runtime, path, text=None):
    with open(path, "rb") as file:
        body = {"inputImage": base64.b64encode(file.read()).decode(), "embeddingConfig": {"outputEmbeddingLength": 384}}
    if text:
        body["inputText"] = text
    answer = runtime.invoke_model(modelId="amazon.titan-embed-image-v1", body=json.dumps(body), contentType="application/json",
                                  accept="application/json")
    return json.loads(answer["body"].read())["embedding"]


def on_aws(folder):
    s3, runtime = boto3.client("s3"), boto3.client("bedrock-runtime")
    s3.create_bucket(Bucket="chest-x-rays")
    for name in DIAGNOSES:
        s3.upload_file(os.path.join(folder, name), "chest-x-rays", "images/" + name)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="chest-x-rays")["Contents"]]
    embeddings = {name: embed(runtime, os.path.join(folder, name), text) for name, text in DIAGNOSES.items()}
    auth = opensearchpy.RequestsAWSV4SignerAuth(boto3.Session().get_credentials(), os.environ["AWS_REGION"], "aoss")
    client = server(make_collection("chest-x-rays"), http_auth=auth, connection_class=opensearchpy.RequestsHttpConnection)
    result = run(client, embeddings, embed(runtime, os.path.join(folder, "00000003_000.png")), "nmslib", False)
    result["keys"], result["ping"] = keys, client.ping()
    result["with_id"] = refusal(lambda: client.index(index=INDEX, id="1", body={"filename": "x"}))
    return result


if len(sys.argv) > 2:
    print(json.dumps([run(server(sys.argv[1]), VECTORS, [0.6, 0.8, 0.1], engine, True) for engine in sys.argv[2:]]))
else:
    print(json.dumps(on_aws(sys.argv[1])))
