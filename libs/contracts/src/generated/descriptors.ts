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
        }
       }
      }
     }
    }
   }
  }
 }
};
