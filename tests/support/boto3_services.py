# SPDX-License-Identifier: MIT
# What boto3 makes of the fake's services besides Bedrock and S3; the environment says where they are. Prints what came back as one line
# of JSON.
import json

import boto3
from botocore.config import Config

config = Config(retries={"total_max_attempts": 1})
sts, iam, aoss, sagemaker, quotas, scheduler = (boto3.client(name, config=config) for name in (
    "sts", "iam", "opensearchserverless", "sagemaker", "service-quotas", "scheduler"))
said = {"caller": sts.get_caller_identity()["Arn"]}


def refused(call, **parameters):
    try:
        call(**parameters)
    except Exception as error:  # the name of the exception is what is asked about
        return type(error).__name__
    return None


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


# IAM: documents go there and back, lists come in pages.
role = iam.create_role(RoleName="boto", AssumeRolePolicyDocument=trust("sagemaker.amazonaws.com"), Tags=[{"Key": "a", "Value": "b"}])["Role"]
for name in ("one", "two", "three"):
    iam.put_role_policy(RoleName="boto", PolicyName=name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}))
said["trust"] = iam.get_role(RoleName="boto")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
said["policies"] = [one for page in iam.get_paginator("list_role_policies").paginate(RoleName="boto") for one in page["PolicyNames"]]
said["policy"] = iam.get_role_policy(RoleName="boto", PolicyName="one")["PolicyDocument"]["Statement"][0]["Action"]
said["conflict"] = refused(iam.delete_role, RoleName="boto")
said["no_role"] = refused(iam.get_role, RoleName="nobody")

# OpenSearch Serverless: policies before the collection.
said["no_policy"] = refused(aoss.create_collection, name="boto", type="VECTORSEARCH")
rules = [{"ResourceType": "collection", "Resource": ["collection/boto"]}]
aoss.create_security_policy(type="encryption", name="boto", policy=json.dumps({"Rules": rules, "AWSOwnedKey": True}))
aoss.create_security_policy(type="network", name="boto", policy=json.dumps([{"Rules": rules, "AllowFromPublic": True}]))
aoss.create_access_policy(type="data", name="boto", policy=json.dumps([{"Rules": rules, "Principal": [said["caller"]]}]))
collection = aoss.create_collection(name="boto", type="VECTORSEARCH", standbyReplicas="DISABLED")["createCollectionDetail"]
statuses = [collection["status"]]
while statuses[-1] != "ACTIVE":
    found = aoss.batch_get_collection(names=["boto", "none"])
    statuses.append(found["collectionDetails"][0]["status"])
said["collection"] = sorted(set(statuses))
said["missing"] = found["collectionErrorDetails"][0]["errorCode"]
said["data_policy"] = aoss.get_access_policy(type="data", name="boto")["accessPolicyDetail"]["policy"][0]["Principal"]
aoss.delete_collection(id=collection["id"])

# SageMaker: a notebook's life; what is missing is a validation error.
sagemaker.create_notebook_instance(NotebookInstanceName="boto", InstanceType="ml.t3.medium", RoleArn=role["Arn"])
notebook = "Pending"
while notebook != "InService":
    notebook = sagemaker.describe_notebook_instance(NotebookInstanceName="boto")["NotebookInstanceStatus"]
said["no_delete"] = refused(sagemaker.delete_notebook_instance, NotebookInstanceName="boto")
said["no_notebook"] = refused(sagemaker.describe_notebook_instance, NotebookInstanceName="nothing")

# Service Quotas, EventBridge Scheduler.
said["quota"] = quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-DF0E34D4")["Quota"]["Value"]
said["quotas"] = len([one for page in quotas.get_paginator("list_service_quotas").paginate(ServiceCode="bedrock") for one in page["Quotas"]])
expiry = iam.create_role(RoleName="expiry", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))["Role"]["Arn"]
scheduler.create_schedule(Name="boto", ScheduleExpression="at(2099-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"}, Target={
    "Arn": "arn:aws:scheduler:::aws-sdk:bedrock:deleteProvisionedModelThroughput", "RoleArn": expiry,
    "Input": json.dumps({"ProvisionedModelId": "x"})})
said["schedules"] = [one["Name"] for page in scheduler.get_paginator("list_schedules").paginate() for one in page["Schedules"]]
said["schedule"] = scheduler.get_schedule(Name="boto")["ScheduleExpression"]
scheduler.delete_schedule(Name="boto")
said["no_schedule"] = refused(scheduler.get_schedule, Name="boto")
print(json.dumps(said))
