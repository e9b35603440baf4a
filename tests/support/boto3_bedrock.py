# SPDX-License-Identifier: MIT
# What boto3 makes of the fake Bedrock: boto3_client.py URL PROVISIONED_ARN. Prints what came back as one line of JSON.
import json
import sys

import boto3
from botocore.config import Config

url, arn = sys.argv[1:]
config = Config(retries={"total_max_attempts": 1})
runtime = boto3.client("bedrock-runtime", endpoint_url=url, config=config)
control = boto3.client("bedrock", endpoint_url=url, config=config)


def embed(model, **body):
    answer = runtime.invoke_model(modelId=model, body=json.dumps(body), contentType="application/json", accept="application/json")
    return json.loads(answer["body"].read())["embedding"]


def refused(call):
    try:
        call()
    except Exception as error:  # the name of the exception is what is asked about
        return type(error).__name__
    return None


titan = "amazon.titan-embed-image-v1"
job = control.create_model_customization_job(
    jobName="boto", customModelName="boto", roleArn="arn:aws:iam::123456789012:role/x", baseModelIdentifier=titan + ":0",
    hyperParameters={"epochCount": "5"}, trainingDataConfig={"s3Uri": "s3://bucket/train.jsonl"},
    outputDataConfig={"s3Uri": "s3://bucket/out/"})["jobArn"]
statuses = [control.get_model_customization_job(jobIdentifier=job)["status"] for _ in range(4)]
model = control.list_custom_models()["modelSummaries"][0]["modelArn"]
made = control.create_provisioned_model_throughput(modelUnits=1, provisionedModelName="boto", modelId=model)["provisionedModelArn"]
control.get_provisioned_model_throughput(provisionedModelId=made)
in_service = control.get_provisioned_model_throughput(provisionedModelId=made)["status"]
control.update_provisioned_model_throughput(provisionedModelId=made, desiredProvisionedModelName="boto2")
names = [one["provisionedModelName"] for one in control.list_provisioned_model_throughputs()["provisionedModelSummaries"]]
control.delete_provisioned_model_throughput(provisionedModelId=made)
control.delete_custom_model(modelIdentifier=model)
print(json.dumps({
    "text": embed(titan, inputText="Effusion", embeddingConfig={"outputEmbeddingLength": 256}),
    "by_arn": len(embed(arn, inputText="Effusion")),
    "statuses": statuses, "in_service": in_service, "names": names,
    "jobs": [one["jobName"] for one in control.list_model_customization_jobs()["modelCustomizationJobSummaries"]],
    "lifecycle": control.get_foundation_model(modelIdentifier=titan + ":0")["modelDetails"]["modelLifecycle"]["status"],
    "refused": [
        refused(lambda: embed(titan, inputText="x", embeddingConfig={"outputEmbeddingLength": 7})),
        refused(lambda: embed("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/gone00000000", inputText="x")),
        refused(lambda: control.get_model_customization_job(jobIdentifier="nothing")),
    ],
}))
