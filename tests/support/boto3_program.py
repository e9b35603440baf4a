# SPDX-License-Identifier: MIT
# A program as people write it for AWS, which knows nothing of hilum: boto3_program.py FOLDER. Where AWS is, the environment says
# (`hilum serve-aws`). It uploads the folder's images and records, fine-tunes, buys throughput, and embeds; then what it found out is
# printed as a line of JSON.
import base64
import json
import os
import sys
import urllib.request

import boto3
from botocore.config import Config

BUCKET, TITAN = "study", "amazon.titan-embed-image-v1"
folder = sys.argv[1]
s3, bedrock, runtime = (boto3.client(name) for name in ("s3", "bedrock", "bedrock-runtime"))
account = boto3.client("sts").get_caller_identity()["Account"]


def embed(model, length=384, **inputs):
    body = json.dumps({**inputs, "embeddingConfig": {"outputEmbeddingLength": length}})
    answer = runtime.invoke_model(modelId=model, body=body, contentType="application/json", accept="application/json")
    return json.loads(answer["body"].read())["embedding"]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


images = sorted(os.listdir(os.path.join(folder, "images")))
for name in images:
    s3.upload_file(os.path.join(folder, "images", name), BUCKET, "images/" + name)
s3.upload_file(os.path.join(folder, "train.jsonl"), BUCKET, "train.jsonl")
large = os.path.join(folder, "large")
with open(large, "wb") as file:
    file.write(os.urandom(20 << 20))
s3.upload_file(large, BUCKET, "large")  # in parts
s3.download_file(BUCKET, "large", large + ".back")
with open(large, "rb") as one, open(large + ".back", "rb") as two:
    same = one.read() == two.read()
listed = [one["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for one in page["Contents"]]
signer = boto3.client("s3", config=Config(signature_version="s3v4"))  # without it boto3 makes URLs of the second version
with urllib.request.urlopen(signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "train.jsonl"})) as answer:
    presigned = answer.read().decode()

job = bedrock.create_model_customization_job(
    jobName="study-1", customModelName="study", roleArn=f"arn:aws:iam::{account}:role/study", baseModelIdentifier=TITAN + ":0",
    hyperParameters={"epochCount": "10", "batchSize": "256", "learningRate": "0.01"},
    trainingDataConfig={"s3Uri": f"s3://{BUCKET}/train.jsonl"}, outputDataConfig={"s3Uri": f"s3://{BUCKET}/output/"})["jobArn"]
while (status := bedrock.get_model_customization_job(jobIdentifier=job)["status"]) == "InProgress":
    pass
model = bedrock.get_model_customization_job(jobIdentifier=job)["outputModelArn"]
throughput = bedrock.create_provisioned_model_throughput(modelUnits=1, provisionedModelName="study", modelId=model)["provisionedModelArn"]
while bedrock.get_provisioned_model_throughput(provisionedModelId=throughput)["status"] != "InService":
    pass

with open(os.path.join(folder, "train.jsonl"), encoding="utf-8") as file:
    text = file.read()
records = [json.loads(line) for line in text.splitlines()][:20]
scores = {}
for name, which in (("base", TITAN), ("tuned", throughput)):
    pictures, texts = [], []
    for record in records:
        with open(os.path.join(folder, "images", record["image-ref"].split("/")[-1]), "rb") as file:
            pictures.append(embed(which, inputImage=base64.b64encode(file.read()).decode()))
        texts.append(embed(which, inputText=record["caption"]))
    scores[name] = sum(cosine(p, t) for p, t in zip(pictures, texts)) / len(records)
with open(os.path.join(folder, "images", images[0]), "rb") as file:
    both = embed(TITAN, 1024, inputText="Mass", inputImage=base64.b64encode(file.read()).decode())
bedrock.delete_provisioned_model_throughput(provisionedModelId=throughput)
bedrock.delete_custom_model(modelIdentifier=model)
print(json.dumps({"same": same, "listed": len(listed), "images": len(images), "status": status, "scores": scores,
                  "presigned": presigned == text, "both": len(both)}))
