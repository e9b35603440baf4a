# SPDX-License-Identifier: MIT
# Searching as a notebook does it: opensearch_program.py URL COLLECTION. The index with the body of 2023 (nmslib), documents one by one,
# a search with knn, fields and no _source, and the end of it. The collection is found with boto3, and reached by the host alone too.
import json
import sys
import time
from urllib.parse import urlsplit

import boto3
from opensearchpy import AWSV4SignerAuth, OpenSearch, RequestsHttpConnection

collection, index = sys.argv[1], "x-ray-image-embedding-vector-index"
session = boto3.Session()
region = session.region_name
found = boto3.client("opensearchserverless").batch_get_collection(names=[collection])["collectionDetails"][0]
place = urlsplit(found["collectionEndpoint"])
auth = AWSV4SignerAuth(session.get_credentials(), region, "aoss")
common = dict(http_auth=auth, use_ssl=place.scheme == "https", verify_certs=False, connection_class=RequestsHttpConnection, timeout=300)
client = OpenSearch(hosts=[{"host": place.hostname, "port": place.port, "url_prefix": place.path}], **common)
by_host = OpenSearch(hosts=[{"host": place.hostname, "port": place.port}], **common)

body = {"settings": {"index.knn": True}, "mappings": {"properties": {
    "embedding": {"type": "knn_vector", "dimension": 4, "method": {
        "engine": "nmslib", "space_type": "l2", "name": "hnsw", "parameters": {"ef_construction": 128, "m": 24}}},
    "filename": {"type": "text"}, "diagnoses": {"type": "text"}}}}
created = client.indices.create(index=index, body=body)
vectors = {"a.png": [1, 0, 0, 0], "b.png": [0, 1, 0, 0], "c.png": [0.9, 0.1, 0, 0]}
for name, vector in vectors.items():
    client.index(index=index, body={"filename": name, "diagnoses": "Mass", "embedding": vector})
try:
    client.index(index=index, id="1", body={"filename": "d.png", "embedding": [1, 1, 1, 1]})
    refused = None
except Exception as error:  # the message is what is asked about
    refused = str(error)
query = {"size": 2, "query": {"knn": {"embedding": {"vector": [1, 0, 0, 0], "k": 2}}}, "_source": False,
         "fields": ["filename", "diagnoses"]}
for _ in range(200):  # what was written is found after a while
    hits = client.search(index=index, body=query)["hits"]["hits"]
    if len(hits) == 2:
        break
    time.sleep(0.05)
same = by_host.search(index=index, body=query)["hits"]["hits"]
deleted = by_host.indices.delete(index=index)
print(json.dumps({"created": created["acknowledged"], "names": [hit["fields"]["filename"][0] for hit in hits],
                  "scores": [hit["_score"] for hit in hits], "same": [h["_id"] for h in same] == [h["_id"] for h in hits],
                  "refused": refused, "deleted": deleted["acknowledged"], "left": client.indices.exists(index=index)}))
