# SPDX-License-Identifier: MIT
"""boto3 against the fake EventBridge Scheduler: URL ROLE. Prints what it saw as JSON."""
import json
import sys

import boto3

client = boto3.client("scheduler", endpoint_url=sys.argv[1], region_name="us-east-1")
target = {"Arn": "arn:aws:scheduler:::aws-sdk:bedrock:deleteProvisionedModelThroughput", "RoleArn": sys.argv[2],
          "Input": json.dumps({"ProvisionedModelId": "cxr"})}
once = {"Name": "hilum-b", "ScheduleExpression": "at(2027-01-01T00:00:00)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
client.create_schedule(**once)
found = client.get_schedule(Name="hilum-b")
pages = client.get_paginator("list_schedules").paginate(NamePrefix="hilum-")
said = {"at": found["ScheduleExpression"], "input": found["Target"]["Input"], "names": [s["Name"] for p in pages for s in p["Schedules"]]}
try:
    client.create_schedule(**once)
except client.exceptions.ConflictException as error:
    said["conflict"] = error.response["ResponseMetadata"]["HTTPStatusCode"]
client.delete_schedule(Name="hilum-a")
try:
    client.get_schedule(Name="hilum-a")
except client.exceptions.ResourceNotFoundException:
    said["gone"] = True
print(json.dumps(said))
