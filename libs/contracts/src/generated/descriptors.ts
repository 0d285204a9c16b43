// Generated from proto/ by tools/generate. Do not edit.

/** All services and messages, as protobufjs writes a namespace in JSON. */
export const DESCRIPTORS: object = {
 "nested": {
  "tally": {
   "nested": {
    "cluster_proxy": {
     "nested": {
      "v1": {
       "nested": {
        "ClusterProxyService": {
         "methods": {
          "GetClusterStatus": {
           "requestType": "GetClusterStatusRequest",
           "responseType": "GetClusterStatusResponse"
          },
          "ApplyDelta": {
           "requestType": "tally.shard_proxy.v1.ApplyDeltaRequest",
           "responseType": "tally.shard_proxy.v1.ApplyDeltaResponse"
          },
          "GetCoverage": {
           "requestType": "tally.shard_proxy.v1.GetCoverageRequest",
           "responseType": "tally.shard_proxy.v1.GetCoverageResponse"
          },
          "ReadDeadEvents": {
           "requestType": "tally.shard_proxy.v1.ReadDeadEventsRequest",
           "responseType": "tally.shard_proxy.v1.ReadDeadEventsResponse"
          },
          "SettleDeadEvents": {
           "requestType": "tally.shard_proxy.v1.SettleDeadEventsRequest",
           "responseType": "tally.shard_proxy.v1.SettleDeadEventsResponse"
          },
          "ListDeadEventActions": {
           "requestType": "tally.shard_proxy.v1.ListDeadEventActionsRequest",
           "responseType": "tally.shard_proxy.v1.DeadEventActionsResponse"
          },
          "ReadCounters": {
           "requestType": "ReadCountersRequest",
           "responseType": "ReadCountersResponse"
          },
          "ReadGroups": {
           "requestType": "ReadGroupsRequest",
           "responseType": "ReadGroupsResponse"
          },
          "AcceptLoss": {
           "requestType": "AcceptLossRequest",
           "responseType": "LossesResponse"
          },
          "ListLosses": {
           "requestType": "ListLossesRequest",
           "responseType": "LossesResponse"
          },
          "ReadLedger": {
           "requestType": "ReadLedgerRequest",
           "responseType": "LedgerResponse"
          }
         }
        },
        "AcceptLossRequest": {
         "fields": {
          "loss": {
           "type": "tally.shard_proxy.v1.Loss",
           "id": 1
          }
         }
        },
        "ListLossesRequest": {
         "fields": {
          "after": {
           "type": "tally.shard_proxy.v1.LossPlace",
           "id": 1
          },
          "limit": {
           "type": "uint32",
           "id": 2
          }
         }
        },
        "LossesResponse": {
         "fields": {
          "shards": {
           "rule": "repeated",
           "type": "ShardLosses",
           "id": 1
          }
         }
        },
        "ShardLosses": {
         "oneofs": {
          "answer": {
           "oneof": [
            "losses",
            "failure"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "losses": {
           "type": "tally.shard_proxy.v1.LossesResponse",
           "id": 2
          },
          "failure": {
           "type": "Failure",
           "id": 3
          }
         }
        },
        "ReadLedgerRequest": {
         "oneofs": {
          "_partition": {
           "oneof": [
            "partition"
           ]
          }
         },
         "fields": {
          "fromHour": {
           "type": "uint32",
           "id": 1
          },
          "toHour": {
           "type": "uint32",
           "id": 2
          },
          "partition": {
           "type": "uint32",
           "id": 3,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "LedgerResponse": {
         "fields": {
          "shards": {
           "rule": "repeated",
           "type": "ShardLedger",
           "id": 1
          }
         }
        },
        "ShardLedger": {
         "oneofs": {
          "answer": {
           "oneof": [
            "ledger",
            "failure"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "ledger": {
           "type": "tally.shard_proxy.v1.ReadLedgerResponse",
           "id": 2
          },
          "failure": {
           "type": "Failure",
           "id": 3
          }
         }
        },
        "GetClusterStatusRequest": {
         "fields": {}
        },
        "GetClusterStatusResponse": {
         "fields": {
          "shards": {
           "rule": "repeated",
           "type": "ShardAnswer",
           "id": 1
          }
         }
        },
        "ShardAnswer": {
         "oneofs": {
          "answer": {
           "oneof": [
            "status",
            "failure"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "status": {
           "type": "tally.shard_proxy.v1.GetShardStatusResponse",
           "id": 2
          },
          "failure": {
           "type": "Failure",
           "id": 3
          }
         }
        },
        "Failure": {
         "fields": {
          "code": {
           "type": "string",
           "id": 1
          },
          "message": {
           "type": "string",
           "id": 2
          }
         }
        },
        "ReadCountersRequest": {
         "oneofs": {
          "_uniqueAttribute": {
           "oneof": [
            "uniqueAttribute"
           ]
          },
          "_quantiles": {
           "oneof": [
            "quantiles"
           ]
          }
         },
         "fields": {
          "seriesIds": {
           "type": "bytes",
           "id": 1
          },
          "fromMinute": {
           "type": "int64",
           "id": 2
          },
          "toMinute": {
           "type": "int64",
           "id": 3
          },
          "granularity": {
           "type": "tally.shard_proxy.v1.Granularity",
           "id": 4
          },
          "topics": {
           "rule": "repeated",
           "type": "tally.shard_proxy.v1.TopicPartitions",
           "id": 5
          },
          "maxRows": {
           "type": "uint32",
           "id": 6
          },
          "uniqueAttribute": {
           "type": "string",
           "id": 7,
           "options": {
            "proto3_optional": true
           }
          },
          "quantiles": {
           "type": "bool",
           "id": 8,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadCountersResponse": {
         "fields": {
          "shards": {
           "rule": "repeated",
           "type": "ShardRows",
           "id": 1
          }
         }
        },
        "ShardRows": {
         "oneofs": {
          "answer": {
           "oneof": [
            "rows",
            "failure"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "seriesIds": {
           "type": "bytes",
           "id": 2
          },
          "rows": {
           "type": "tally.shard_proxy.v1.ReadCountersResponse",
           "id": 3
          },
          "failure": {
           "type": "Failure",
           "id": 4
          }
         }
        },
        "ReadGroupsRequest": {
         "oneofs": {
          "_uniqueAttribute": {
           "oneof": [
            "uniqueAttribute"
           ]
          },
          "_quantiles": {
           "oneof": [
            "quantiles"
           ]
          }
         },
         "fields": {
          "project": {
           "type": "string",
           "id": 1
          },
          "type": {
           "type": "string",
           "id": 2
          },
          "subjects": {
           "rule": "repeated",
           "type": "string",
           "id": 3
          },
          "grouping": {
           "type": "tally.shard_proxy.v1.Grouping",
           "id": 4
          },
          "fromMinute": {
           "type": "int64",
           "id": 5
          },
          "toMinute": {
           "type": "int64",
           "id": 6
          },
          "granularity": {
           "type": "tally.shard_proxy.v1.Granularity",
           "id": 7
          },
          "topics": {
           "rule": "repeated",
           "type": "tally.shard_proxy.v1.TopicPartitions",
           "id": 8
          },
          "maxRows": {
           "type": "uint32",
           "id": 9
          },
          "uniqueAttribute": {
           "type": "string",
           "id": 10,
           "options": {
            "proto3_optional": true
           }
          },
          "quantiles": {
           "type": "bool",
           "id": 11,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadGroupsResponse": {
         "fields": {
          "shards": {
           "rule": "repeated",
           "type": "ShardGroups",
           "id": 1
          }
         }
        },
        "ShardGroups": {
         "oneofs": {
          "answer": {
           "oneof": [
            "groups",
            "failure"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "subjects": {
           "rule": "repeated",
           "type": "string",
           "id": 2
          },
          "groups": {
           "type": "tally.shard_proxy.v1.ReadGroupsResponse",
           "id": 3
          },
          "failure": {
           "type": "Failure",
           "id": 4
          }
         }
        }
       }
      }
     }
    },
    "shard_proxy": {
     "nested": {
      "v1": {
       "nested": {
        "ShardProxyService": {
         "methods": {
          "GetShardStatus": {
           "requestType": "GetShardStatusRequest",
           "responseType": "GetShardStatusResponse"
          },
          "ApplyDelta": {
           "requestType": "ApplyDeltaRequest",
           "responseType": "ApplyDeltaResponse"
          },
          "GetCoverage": {
           "requestType": "GetCoverageRequest",
           "responseType": "GetCoverageResponse"
          },
          "ReadCounters": {
           "requestType": "ReadCountersRequest",
           "responseType": "ReadCountersResponse"
          },
          "ReadGroups": {
           "requestType": "ReadGroupsRequest",
           "responseType": "ReadGroupsResponse"
          },
          "AcceptLoss": {
           "requestType": "AcceptLossRequest",
           "responseType": "LossesResponse"
          },
          "ListLosses": {
           "requestType": "ListLossesRequest",
           "responseType": "LossesResponse"
          },
          "ReadLedger": {
           "requestType": "ReadLedgerRequest",
           "responseType": "ReadLedgerResponse"
          },
          "ReadDeadEvents": {
           "requestType": "ReadDeadEventsRequest",
           "responseType": "ReadDeadEventsResponse"
          },
          "SettleDeadEvents": {
           "requestType": "SettleDeadEventsRequest",
           "responseType": "SettleDeadEventsResponse"
          },
          "ListDeadEventActions": {
           "requestType": "ListDeadEventActionsRequest",
           "responseType": "DeadEventActionsResponse"
          },
          "GetInstallation": {
           "requestType": "GetInstallationRequest",
           "responseType": "GetInstallationResponse"
          }
         }
        },
        "GetInstallationRequest": {
         "fields": {
          "afterPath": {
           "type": "string",
           "id": 1
          }
         }
        },
        "GetInstallationResponse": {
         "oneofs": {
          "_id": {
           "oneof": [
            "id"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "id": {
           "type": "string",
           "id": 2,
           "options": {
            "proto3_optional": true
           }
          },
          "topics": {
           "rule": "repeated",
           "type": "string",
           "id": 3
          },
          "nodes": {
           "rule": "repeated",
           "type": "KeptNode",
           "id": 4
          },
          "more": {
           "type": "bool",
           "id": 5
          }
         }
        },
        "KeptNode": {
         "fields": {
          "path": {
           "type": "string",
           "id": 1
          },
          "data": {
           "type": "string",
           "id": 2
          }
         }
        },
        "GetShardStatusRequest": {
         "fields": {}
        },
        "GetShardStatusResponse": {
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "systemIdentifier": {
           "type": "string",
           "id": 2
          },
          "timelineId": {
           "type": "uint32",
           "id": 3
          },
          "serverVersion": {
           "type": "string",
           "id": 4
          },
          "inRecovery": {
           "type": "bool",
           "id": 5
          }
         }
        },
        "Partition": {
         "fields": {
          "topic": {
           "type": "string",
           "id": 1
          },
          "partition": {
           "type": "uint32",
           "id": 2
          }
         }
        },
        "OffsetRange": {
         "fields": {
          "from": {
           "type": "uint64",
           "id": 1
          },
          "to": {
           "type": "uint64",
           "id": 2
          }
         }
        },
        "PartitionRanges": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "ranges": {
           "rule": "repeated",
           "type": "OffsetRange",
           "id": 2
          }
         }
        },
        "LedgerEntry": {
         "oneofs": {
          "_replayed": {
           "oneof": [
            "replayed"
           ]
          }
         },
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "hour": {
           "type": "uint32",
           "id": 2
          },
          "counted": {
           "type": "uint64",
           "id": 3
          },
          "duplicates": {
           "type": "uint64",
           "id": 4
          },
          "tooLate": {
           "type": "uint64",
           "id": 5
          },
          "dead": {
           "type": "uint64",
           "id": 6
          },
          "expired": {
           "type": "uint64",
           "id": 7
          },
          "conflicting": {
           "type": "uint64",
           "id": 8
          },
          "replayed": {
           "type": "uint64",
           "id": 9,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadLedgerRequest": {
         "oneofs": {
          "_partition": {
           "oneof": [
            "partition"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "fromHour": {
           "type": "uint32",
           "id": 3
          },
          "toHour": {
           "type": "uint32",
           "id": 4
          },
          "partition": {
           "type": "uint32",
           "id": 5,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadLedgerResponse": {
         "fields": {
          "hours": {
           "rule": "repeated",
           "type": "LedgerEntry",
           "id": 1
          }
         }
        },
        "PartitionInstant": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "asOfMs": {
           "type": "int64",
           "id": 2
          },
          "position": {
           "type": "int64",
           "id": 3
          }
         }
        },
        "ApplyDeltaRequest": {
         "oneofs": {
          "_sketches": {
           "oneof": [
            "sketches"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "ranges": {
           "rule": "repeated",
           "type": "PartitionRanges",
           "id": 3
          },
          "rows": {
           "type": "bytes",
           "id": 4
          },
          "seriesNames": {
           "type": "bytes",
           "id": 5
          },
          "ledger": {
           "rule": "repeated",
           "type": "LedgerEntry",
           "id": 6
          },
          "instants": {
           "rule": "repeated",
           "type": "PartitionInstant",
           "id": 7
          },
          "splitRules": {
           "rule": "repeated",
           "type": "SplitRule",
           "id": 8
          },
          "sketches": {
           "type": "bytes",
           "id": 9,
           "options": {
            "proto3_optional": true
           }
          },
          "dead": {
           "rule": "repeated",
           "type": "DeadRecord",
           "id": 10
          }
         }
        },
        "SplitRule": {
         "fields": {
          "project": {
           "type": "string",
           "id": 1
          },
          "type": {
           "type": "string",
           "id": 2
          },
          "dimensions": {
           "rule": "repeated",
           "type": "string",
           "id": 3
          },
          "most": {
           "type": "uint32",
           "id": 4
          }
         }
        },
        "IndexRange": {
         "fields": {
          "from": {
           "type": "uint32",
           "id": 1
          },
          "to": {
           "type": "uint32",
           "id": 2
          }
         }
        },
        "DeadRecord": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "offset": {
           "type": "uint64",
           "id": 2
          },
          "hour": {
           "type": "uint32",
           "id": 3
          },
          "indexes": {
           "rule": "repeated",
           "type": "IndexRange",
           "id": 4
          }
         }
        },
        "ApplyOutcome": {
         "values": {
          "APPLY_OUTCOME_UNSPECIFIED": 0,
          "APPLY_OUTCOME_APPLIED": 1,
          "APPLY_OUTCOME_ALREADY_APPLIED": 2,
          "APPLY_OUTCOME_OVERLAP": 3
         }
        },
        "ApplyDeltaResponse": {
         "oneofs": {
          "_refusedSeries": {
           "oneof": [
            "refusedSeries"
           ]
          }
         },
         "fields": {
          "outcome": {
           "type": "ApplyOutcome",
           "id": 1
          },
          "uncovered": {
           "rule": "repeated",
           "type": "PartitionRanges",
           "id": 2
          },
          "timelineId": {
           "type": "uint32",
           "id": 3
          },
          "systemIdentifier": {
           "type": "string",
           "id": 4
          },
          "startedAtMs": {
           "type": "int64",
           "id": 5
          },
          "refusedSeries": {
           "type": "bytes",
           "id": 6,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "GetCoverageRequest": {
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "partitions": {
           "rule": "repeated",
           "type": "Partition",
           "id": 3
          }
         }
        },
        "GetCoverageResponse": {
         "fields": {
          "coverage": {
           "rule": "repeated",
           "type": "PartitionRanges",
           "id": 1
          },
          "timelineId": {
           "type": "uint32",
           "id": 2
          },
          "systemIdentifier": {
           "type": "string",
           "id": 3
          },
          "acceptedLosses": {
           "rule": "repeated",
           "type": "PartitionRanges",
           "id": 4
          },
          "startedAtMs": {
           "type": "int64",
           "id": 5
          }
         }
        },
        "Loss": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "from": {
           "type": "uint64",
           "id": 2
          },
          "to": {
           "type": "uint64",
           "id": 3
          },
          "acceptedBy": {
           "type": "string",
           "id": 4
          },
          "reason": {
           "type": "string",
           "id": 5
          },
          "acceptedAtMs": {
           "type": "int64",
           "id": 6
          },
          "lostRecords": {
           "type": "uint64",
           "id": 7
          }
         }
        },
        "AcceptLossRequest": {
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "loss": {
           "type": "Loss",
           "id": 3
          }
         }
        },
        "ListLossesRequest": {
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "after": {
           "type": "LossPlace",
           "id": 3
          },
          "limit": {
           "type": "uint32",
           "id": 4
          }
         }
        },
        "LossPlace": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "from": {
           "type": "uint64",
           "id": 2
          },
          "to": {
           "type": "uint64",
           "id": 3
          }
         }
        },
        "LossesResponse": {
         "fields": {
          "losses": {
           "rule": "repeated",
           "type": "Loss",
           "id": 1
          }
         }
        },
        "Granularity": {
         "values": {
          "GRANULARITY_UNSPECIFIED": 0,
          "GRANULARITY_MINUTE": 1,
          "GRANULARITY_HOUR": 2,
          "GRANULARITY_DAY": 3,
          "GRANULARITY_TOTAL": 4
         }
        },
        "TopicPartitions": {
         "fields": {
          "topic": {
           "type": "string",
           "id": 1
          },
          "partitions": {
           "type": "uint32",
           "id": 2
          }
         }
        },
        "ReadCountersRequest": {
         "oneofs": {
          "_uniqueAttribute": {
           "oneof": [
            "uniqueAttribute"
           ]
          },
          "_quantiles": {
           "oneof": [
            "quantiles"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "seriesIds": {
           "type": "bytes",
           "id": 3
          },
          "fromMinute": {
           "type": "int64",
           "id": 4
          },
          "toMinute": {
           "type": "int64",
           "id": 5
          },
          "granularity": {
           "type": "Granularity",
           "id": 6
          },
          "topics": {
           "rule": "repeated",
           "type": "TopicPartitions",
           "id": 7
          },
          "maxRows": {
           "type": "uint32",
           "id": 8
          },
          "uniqueAttribute": {
           "type": "string",
           "id": 9,
           "options": {
            "proto3_optional": true
           }
          },
          "quantiles": {
           "type": "bool",
           "id": 10,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadCountersResponse": {
         "oneofs": {
          "_asOfMs": {
           "oneof": [
            "asOfMs"
           ]
          },
          "_sketches": {
           "oneof": [
            "sketches"
           ]
          }
         },
         "fields": {
          "rows": {
           "type": "bytes",
           "id": 1
          },
          "asOfMs": {
           "type": "int64",
           "id": 2,
           "options": {
            "proto3_optional": true
           }
          },
          "sketches": {
           "type": "bytes",
           "id": 3,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "Grouping": {
         "fields": {
          "groupBy": {
           "rule": "repeated",
           "type": "string",
           "id": 1
          },
          "conditions": {
           "rule": "repeated",
           "type": "Condition",
           "id": 2
          }
         }
        },
        "Condition": {
         "fields": {
          "dimension": {
           "type": "string",
           "id": 1
          },
          "values": {
           "rule": "repeated",
           "type": "string",
           "id": 2
          },
          "excluded": {
           "type": "bool",
           "id": 3
          }
         }
        },
        "ReadGroupsRequest": {
         "oneofs": {
          "_uniqueAttribute": {
           "oneof": [
            "uniqueAttribute"
           ]
          },
          "_quantiles": {
           "oneof": [
            "quantiles"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "project": {
           "type": "string",
           "id": 3
          },
          "type": {
           "type": "string",
           "id": 4
          },
          "subjects": {
           "rule": "repeated",
           "type": "string",
           "id": 5
          },
          "grouping": {
           "type": "Grouping",
           "id": 6
          },
          "fromMinute": {
           "type": "int64",
           "id": 7
          },
          "toMinute": {
           "type": "int64",
           "id": 8
          },
          "granularity": {
           "type": "Granularity",
           "id": 9
          },
          "topics": {
           "rule": "repeated",
           "type": "TopicPartitions",
           "id": 10
          },
          "maxRows": {
           "type": "uint32",
           "id": 11
          },
          "uniqueAttribute": {
           "type": "string",
           "id": 12,
           "options": {
            "proto3_optional": true
           }
          },
          "quantiles": {
           "type": "bool",
           "id": 13,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "ReadGroupsResponse": {
         "oneofs": {
          "_asOfMs": {
           "oneof": [
            "asOfMs"
           ]
          },
          "_sketches": {
           "oneof": [
            "sketches"
           ]
          }
         },
         "fields": {
          "rows": {
           "type": "bytes",
           "id": 1
          },
          "groups": {
           "rule": "repeated",
           "type": "Group",
           "id": 2
          },
          "asOfMs": {
           "type": "int64",
           "id": 3,
           "options": {
            "proto3_optional": true
           }
          },
          "sketches": {
           "type": "bytes",
           "id": 4,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "Group": {
         "fields": {
          "subject": {
           "type": "uint32",
           "id": 1
          },
          "values": {
           "type": "string",
           "id": 2
          }
         }
        },
        "RecordPlace": {
         "fields": {
          "partition": {
           "type": "Partition",
           "id": 1
          },
          "offset": {
           "type": "uint64",
           "id": 2
          }
         }
        },
        "ReadDeadEventsRequest": {
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "records": {
           "rule": "repeated",
           "type": "RecordPlace",
           "id": 3
          }
         }
        },
        "ReadDeadEventsResponse": {
         "fields": {
          "records": {
           "rule": "repeated",
           "type": "DeadEventStates",
           "id": 1
          }
         }
        },
        "DeadEventStates": {
         "fields": {
          "place": {
           "type": "RecordPlace",
           "id": 1
          },
          "told": {
           "rule": "repeated",
           "type": "IndexRange",
           "id": 2
          },
          "replayed": {
           "rule": "repeated",
           "type": "IndexRange",
           "id": 3
          },
          "discarded": {
           "rule": "repeated",
           "type": "IndexRange",
           "id": 4
          }
         }
        },
        "Settlement": {
         "values": {
          "SETTLEMENT_UNSPECIFIED": 0,
          "SETTLEMENT_REPLAYED": 1,
          "SETTLEMENT_DISCARDED": 2
         }
        },
        "SettleDeadEventsRequest": {
         "oneofs": {
          "_sketches": {
           "oneof": [
            "sketches"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "events": {
           "rule": "repeated",
           "type": "DeadRecord",
           "id": 3
          },
          "rows": {
           "type": "bytes",
           "id": 4
          },
          "seriesNames": {
           "type": "bytes",
           "id": 5
          },
          "action": {
           "type": "DeadEventAction",
           "id": 6
          },
          "sketches": {
           "type": "bytes",
           "id": 7,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "SettleDeadEventsResponse": {
         "fields": {
          "settled": {
           "type": "bool",
           "id": 1
          }
         }
        },
        "DeadEventAction": {
         "fields": {
          "id": {
           "type": "string",
           "id": 1
          },
          "settlement": {
           "type": "Settlement",
           "id": 2
          },
          "takenBy": {
           "type": "string",
           "id": 3
          },
          "reason": {
           "type": "string",
           "id": 4
          },
          "takenAtMs": {
           "type": "int64",
           "id": 5
          },
          "selection": {
           "type": "string",
           "id": 6
          },
          "events": {
           "type": "uint64",
           "id": 7
          }
         }
        },
        "ListDeadEventActionsRequest": {
         "oneofs": {
          "_beforeMs": {
           "oneof": [
            "beforeMs"
           ]
          }
         },
         "fields": {
          "shard": {
           "type": "uint32",
           "id": 1
          },
          "epoch": {
           "type": "uint64",
           "id": 2
          },
          "beforeMs": {
           "type": "int64",
           "id": 3,
           "options": {
            "proto3_optional": true
           }
          },
          "limit": {
           "type": "uint32",
           "id": 4
          }
         }
        },
        "DeadEventActionsResponse": {
         "fields": {
          "actions": {
           "rule": "repeated",
           "type": "DeadEventAction",
           "id": 1
          }
         }
        }
       }
      }
     }
    },
    "dead_letter_replayer": {
     "nested": {
      "v1": {
       "nested": {
        "DeadLetterReplayerService": {
         "methods": {
          "ListDeadEvents": {
           "requestType": "ListDeadEventsRequest",
           "responseType": "ListDeadEventsResponse"
          },
          "GetDeadEvent": {
           "requestType": "GetDeadEventRequest",
           "responseType": "DeadEventDetail"
          },
          "CountDeadEvents": {
           "requestType": "CountDeadEventsRequest",
           "responseType": "CountDeadEventsResponse"
          },
          "SettleDeadEvents": {
           "requestType": "SettleDeadEventsRequest",
           "responseType": "SettleDeadEventsResponse"
          },
          "ListDeadEventActions": {
           "requestType": "ListDeadEventActionsRequest",
           "responseType": "ListDeadEventActionsResponse"
          },
          "GetCatalogEntry": {
           "requestType": "GetCatalogEntryRequest",
           "responseType": "CatalogEntry"
          }
         }
        },
        "GetCatalogEntryRequest": {
         "fields": {
          "project": {
           "type": "string",
           "id": 1
          },
          "subject": {
           "type": "string",
           "id": 2
          }
         }
        },
        "CatalogEntry": {
         "fields": {
          "value": {
           "type": "bytes",
           "id": 1
          },
          "position": {
           "type": "uint64",
           "id": 2
          }
         }
        },
        "DeadEventKey": {
         "fields": {
          "partition": {
           "type": "uint32",
           "id": 1
          },
          "offset": {
           "type": "uint64",
           "id": 2
          },
          "index": {
           "type": "uint32",
           "id": 3
          }
         }
        },
        "DeadEventFilter": {
         "oneofs": {
          "_partition": {
           "oneof": [
            "partition"
           ]
          },
          "_type": {
           "oneof": [
            "type"
           ]
          },
          "_shard": {
           "oneof": [
            "shard"
           ]
          },
          "_fromMs": {
           "oneof": [
            "fromMs"
           ]
          },
          "_toMs": {
           "oneof": [
            "toMs"
           ]
          }
         },
         "fields": {
          "partition": {
           "type": "uint32",
           "id": 1,
           "options": {
            "proto3_optional": true
           }
          },
          "causes": {
           "rule": "repeated",
           "type": "string",
           "id": 2
          },
          "type": {
           "type": "string",
           "id": 3,
           "options": {
            "proto3_optional": true
           }
          },
          "shard": {
           "type": "uint32",
           "id": 4,
           "options": {
            "proto3_optional": true
           }
          },
          "fromMs": {
           "type": "int64",
           "id": 5,
           "options": {
            "proto3_optional": true
           }
          },
          "toMs": {
           "type": "int64",
           "id": 6,
           "options": {
            "proto3_optional": true
           }
          },
          "states": {
           "rule": "repeated",
           "type": "string",
           "id": 7
          }
         }
        },
        "DeadEvent": {
         "fields": {
          "key": {
           "type": "DeadEventKey",
           "id": 1
          },
          "cause": {
           "type": "string",
           "id": 2
          },
          "reason": {
           "type": "string",
           "id": 3
          },
          "appendMs": {
           "type": "int64",
           "id": 4
          },
          "schemaId": {
           "type": "uint32",
           "id": 5
          },
          "registryVersion": {
           "type": "uint32",
           "id": 6
          },
          "type": {
           "type": "string",
           "id": 7
          },
          "subject": {
           "type": "string",
           "id": 8
          },
          "shards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 9
          },
          "state": {
           "type": "string",
           "id": 10
          },
          "length": {
           "type": "uint32",
           "id": 11
          }
         }
        },
        "ListDeadEventsRequest": {
         "fields": {
          "filter": {
           "type": "DeadEventFilter",
           "id": 1
          },
          "after": {
           "type": "string",
           "id": 2
          },
          "limit": {
           "type": "uint32",
           "id": 3
          }
         }
        },
        "ListDeadEventsResponse": {
         "fields": {
          "events": {
           "rule": "repeated",
           "type": "DeadEvent",
           "id": 1
          },
          "next": {
           "type": "string",
           "id": 2
          },
          "missingShards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 3
          }
         }
        },
        "GetDeadEventRequest": {
         "fields": {
          "key": {
           "type": "DeadEventKey",
           "id": 1
          }
         }
        },
        "DeadEventDetail": {
         "fields": {
          "event": {
           "type": "DeadEvent",
           "id": 1
          },
          "bytes": {
           "type": "bytes",
           "id": 2
          },
          "json": {
           "type": "string",
           "id": 3
          },
          "obstacle": {
           "type": "string",
           "id": 4
          }
         }
        },
        "CountDeadEventsRequest": {
         "fields": {
          "filter": {
           "type": "DeadEventFilter",
           "id": 1
          },
          "after": {
           "type": "string",
           "id": 2
          }
         }
        },
        "CountDeadEventsResponse": {
         "fields": {
          "groups": {
           "rule": "repeated",
           "type": "DeadEventGroup",
           "id": 1
          },
          "next": {
           "type": "string",
           "id": 2
          },
          "missingShards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 3
          }
         }
        },
        "DeadEventGroup": {
         "fields": {
          "cause": {
           "type": "string",
           "id": 1
          },
          "type": {
           "type": "string",
           "id": 2
          },
          "state": {
           "type": "string",
           "id": 3
          },
          "shards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 4
          },
          "events": {
           "type": "uint64",
           "id": 5
          },
          "oldestMs": {
           "type": "int64",
           "id": 6
          }
         }
        },
        "SettleDeadEventsRequest": {
         "fields": {
          "keys": {
           "rule": "repeated",
           "type": "DeadEventKey",
           "id": 1
          },
          "filter": {
           "type": "DeadEventFilter",
           "id": 2
          },
          "action": {
           "type": "tally.shard_proxy.v1.DeadEventAction",
           "id": 3
          },
          "dryRun": {
           "type": "bool",
           "id": 4
          }
         }
        },
        "SettleDeadEventsResponse": {
         "fields": {
          "events": {
           "type": "uint64",
           "id": 1
          },
          "changes": {
           "rule": "repeated",
           "type": "CountChange",
           "id": 2
          },
          "obstacles": {
           "rule": "repeated",
           "type": "DeadEventObstacle",
           "id": 3
          },
          "complete": {
           "type": "bool",
           "id": 4
          }
         }
        },
        "CountChange": {
         "fields": {
          "type": {
           "type": "string",
           "id": 1
          },
          "subject": {
           "type": "string",
           "id": 2
          },
          "events": {
           "type": "uint64",
           "id": 3
          }
         }
        },
        "DeadEventObstacle": {
         "fields": {
          "reason": {
           "type": "string",
           "id": 1
          },
          "events": {
           "type": "uint64",
           "id": 2
          }
         }
        },
        "ListDeadEventActionsRequest": {
         "oneofs": {
          "_beforeMs": {
           "oneof": [
            "beforeMs"
           ]
          }
         },
         "fields": {
          "beforeMs": {
           "type": "int64",
           "id": 1,
           "options": {
            "proto3_optional": true
           }
          },
          "limit": {
           "type": "uint32",
           "id": 2
          }
         }
        },
        "ListDeadEventActionsResponse": {
         "fields": {
          "actions": {
           "rule": "repeated",
           "type": "tally.shard_proxy.v1.DeadEventAction",
           "id": 1
          },
          "missingShards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 2
          }
         }
        }
       }
      }
     }
    },
    "partitioner": {
     "nested": {
      "v1": {
       "nested": {
        "PartitionerService": {
         "methods": {
          "Append": {
           "requestType": "AppendRequest",
           "responseType": "AppendResponse"
          },
          "GetBounds": {
           "requestType": "GetBoundsRequest",
           "responseType": "GetBoundsResponse"
          },
          "PutCatalogEntry": {
           "requestType": "PutCatalogEntryRequest",
           "responseType": "PutCatalogEntryResponse"
          }
         }
        },
        "PutCatalogEntryRequest": {
         "oneofs": {
          "_value": {
           "oneof": [
            "value"
           ]
          }
         },
         "fields": {
          "key": {
           "type": "bytes",
           "id": 1
          },
          "value": {
           "type": "bytes",
           "id": 2,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "PutCatalogEntryResponse": {
         "fields": {
          "position": {
           "type": "uint64",
           "id": 1
          }
         }
        },
        "GetBoundsRequest": {
         "fields": {}
        },
        "GetBoundsResponse": {
         "fields": {
          "topic": {
           "type": "string",
           "id": 1
          },
          "partitions": {
           "rule": "repeated",
           "type": "PartitionBounds",
           "id": 2
          }
         }
        },
        "PartitionBounds": {
         "fields": {
          "partition": {
           "type": "uint32",
           "id": 1
          },
          "low": {
           "type": "uint64",
           "id": 2
          },
          "high": {
           "type": "uint64",
           "id": 3
          }
         }
        },
        "AppendRequest": {
         "oneofs": {
          "_arrivedMs": {
           "oneof": [
            "arrivedMs"
           ]
          }
         },
         "fields": {
          "schemaId": {
           "type": "uint32",
           "id": 1
          },
          "registryVersion": {
           "type": "uint32",
           "id": 2
          },
          "count": {
           "type": "uint32",
           "id": 3
          },
          "events": {
           "type": "bytes",
           "id": 4
          },
          "arrivedMs": {
           "type": "int64",
           "id": 5,
           "options": {
            "proto3_optional": true
           }
          },
          "catalogPosition": {
           "type": "uint64",
           "id": 6
          }
         }
        },
        "AppendResponse": {
         "oneofs": {
          "_logTimeMs": {
           "oneof": [
            "logTimeMs"
           ]
          }
         },
         "fields": {
          "logTimeMs": {
           "type": "int64",
           "id": 1,
           "options": {
            "proto3_optional": true
           }
          },
          "expired": {
           "type": "bool",
           "id": 2
          }
         }
        }
       }
      }
     }
    },
    "query": {
     "nested": {
      "v1": {
       "nested": {
        "QueryService": {
         "methods": {
          "GetStats": {
           "requestType": "GetStatsRequest",
           "responseType": "GetStatsResponse"
          },
          "AcceptLoss": {
           "requestType": "tally.cluster_proxy.v1.AcceptLossRequest",
           "responseType": "tally.cluster_proxy.v1.LossesResponse"
          },
          "ListLosses": {
           "requestType": "tally.cluster_proxy.v1.ListLossesRequest",
           "responseType": "tally.cluster_proxy.v1.LossesResponse"
          },
          "ReadLedger": {
           "requestType": "tally.cluster_proxy.v1.ReadLedgerRequest",
           "responseType": "tally.cluster_proxy.v1.LedgerResponse"
          }
         }
        },
        "GetStatsRequest": {
         "oneofs": {
          "_grouping": {
           "oneof": [
            "grouping"
           ]
          },
          "_figures": {
           "oneof": [
            "figures"
           ]
          }
         },
         "fields": {
          "project": {
           "type": "string",
           "id": 1
          },
          "type": {
           "type": "string",
           "id": 2
          },
          "subjects": {
           "rule": "repeated",
           "type": "string",
           "id": 3
          },
          "fromMs": {
           "type": "int64",
           "id": 4
          },
          "toMs": {
           "type": "int64",
           "id": 5
          },
          "granularity": {
           "type": "tally.shard_proxy.v1.Granularity",
           "id": 6
          },
          "maxWindows": {
           "type": "uint32",
           "id": 7
          },
          "grouping": {
           "type": "tally.shard_proxy.v1.Grouping",
           "id": 8,
           "options": {
            "proto3_optional": true
           }
          },
          "figures": {
           "type": "AskedFigures",
           "id": 9,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "AskedFigures": {
         "oneofs": {
          "_uniqueAttribute": {
           "oneof": [
            "uniqueAttribute"
           ]
          }
         },
         "fields": {
          "uniqueAttribute": {
           "type": "string",
           "id": 1,
           "options": {
            "proto3_optional": true
           }
          },
          "quantiles": {
           "rule": "repeated",
           "type": "uint32",
           "id": 2
          }
         }
        },
        "GetStatsResponse": {
         "oneofs": {
          "_asOfMs": {
           "oneof": [
            "asOfMs"
           ]
          },
          "_partlyDeclaredWindows": {
           "oneof": [
            "partlyDeclaredWindows"
           ]
          }
         },
         "fields": {
          "subjects": {
           "rule": "repeated",
           "type": "SubjectStats",
           "id": 1
          },
          "asOfMs": {
           "type": "int64",
           "id": 2,
           "options": {
            "proto3_optional": true
           }
          },
          "missingShards": {
           "rule": "repeated",
           "type": "uint32",
           "id": 3
          },
          "partlyDeclaredWindows": {
           "type": "uint32",
           "id": 4,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "SubjectStats": {
         "oneofs": {
          "_asOfMs": {
           "oneof": [
            "asOfMs"
           ]
          },
          "_group": {
           "oneof": [
            "group"
           ]
          },
          "_figures": {
           "oneof": [
            "figures"
           ]
          }
         },
         "fields": {
          "subject": {
           "type": "string",
           "id": 1
          },
          "windows": {
           "rule": "repeated",
           "type": "Window",
           "id": 2
          },
          "missing": {
           "type": "bool",
           "id": 3
          },
          "asOfMs": {
           "type": "int64",
           "id": 4,
           "options": {
            "proto3_optional": true
           }
          },
          "group": {
           "type": "string",
           "id": 5,
           "options": {
            "proto3_optional": true
           }
          },
          "figures": {
           "type": "bytes",
           "id": 6,
           "options": {
            "proto3_optional": true
           }
          }
         }
        },
        "Window": {
         "oneofs": {
          "_minMicro": {
           "oneof": [
            "minMicro"
           ]
          },
          "_maxMicro": {
           "oneof": [
            "maxMicro"
           ]
          }
         },
         "fields": {
          "startMs": {
           "type": "int64",
           "id": 1
          },
          "count": {
           "type": "uint64",
           "id": 2
          },
          "valued": {
           "type": "uint64",
           "id": 3
          },
          "sumMicro": {
           "type": "string",
           "id": 4
          },
          "minMicro": {
           "type": "sint64",
           "id": 5,
           "options": {
            "proto3_optional": true
           }
          },
          "maxMicro": {
           "type": "sint64",
           "id": 6,
           "options": {
            "proto3_optional": true
           }
          }
         }
        }
       }
      }
     }
    }
   }
  }
 }
};
