# SPDX-License-Identifier: MIT
# What boto3 is told by the calls that `hilum ready` makes, as JSON. Arguments: the URL of a fake AWS, the ARN of a role.
import json
import sys

import boto3

url, role = sys.argv[1:3]


def client(service):
    return boto3.client(service, endpoint_url=url, region_name="us-east-1")


bedrock, iam, quotas = client("bedrock"), client("iam"), client("service-quotas")
said = {"life": bedrock.get_foundation_model(modelIdentifier="amazon.titan-embed-image-v1:0")["modelDetails"]["modelLifecycle"]["status"]}
said["log"] = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]["s3Config"]["bucketName"]
if hasattr(bedrock, "get_foundation_model_availability"):
    found = bedrock.get_foundation_model_availability(modelId="amazon.titan-embed-image-v1:0")
    said["access"] = found["entitlementAvailability"]
simulated = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:GetObject", "s3:DeleteObject"],
                                          ResourceArns=["arn:aws:s3:::lab/a"])
pages = [simulated]
while pages[-1].get("IsTruncated"):
    pages.append(iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:GetObject", "s3:DeleteObject"],
                                               ResourceArns=["arn:aws:s3:::lab/a"], Marker=pages[-1]["Marker"]))
said["decisions"] = [one["EvalDecision"] for page in pages for one in page["EvaluationResults"]]
said["trust"] = iam.get_role(RoleName=role.rsplit("/", 1)[1])["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Effect"]
said["units"] = quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-BE77399C")["Quota"]["Value"]
print(json.dumps(said))
