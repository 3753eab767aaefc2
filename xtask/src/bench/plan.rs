//! What is run: a table.

/// One call of the harness. Its figures go to a file of its name.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// The harness' arguments, as one would type them.
    pub(crate) arguments: &'static str,
}

/// All of it.
pub(crate) const ALL: &[Job] = &[
    Job {
        name: "copy",
        arguments: "nexmark --query all --workload copy --engine flow,hand --workers 1,2 --events 2000000 --repeat 5",
    },
    Job {
        name: "strings",
        arguments: "nexmark --query all --workload strings --engine flow,hand --workers 1,2 --events 1000000 --repeat 5",
    },
    Job {
        name: "w1",
        arguments: "nexmark --query w1,w1m --workload copy --engine flow,hand --workers 1,2 --events 10000000 --repeat 5",
    },
    Job {
        name: "peers",
        arguments: "nexmark --query q1,q5,q8,w1 --workload copy --engine flow,hand,tokio1,tokio1024,futures,timely \
                    --workers 1 --events 2000000 --repeat 5",
    },
    Job { name: "latency", arguments: "latency --rate 10000,30000,100000,300000,1000000,2000000 --seconds 5" },
    Job { name: "file", arguments: "file --lines 10000000 --repeat 5" },
    Job { name: "keys", arguments: "scale --by keys --events 5000000 --repeat 5" },
    Job { name: "batch", arguments: "scale --by batch --events 2000000 --repeat 5" },
    Job { name: "workers", arguments: "scale --by workers --events 5000000 --repeat 5" },
    Job { name: "chain", arguments: "chain --events 5000000 --repeat 5" },
    Job { name: "memory", arguments: "nexmark --query w1 --engine flow --workers 1 --events 5000000 --repeat 1" },
    Job { name: "memory10", arguments: "nexmark --query w1 --engine flow --workers 1 --events 50000000 --repeat 1" },
    Job { name: "kafka", arguments: "kafka --messages 1000000 --repeat 5" },
    Job { name: "kafka-latency", arguments: "kafka-latency --rate 10000,100000 --seconds 5" },
    Job { name: "redis", arguments: "redis --increments 1000000 --repeat 5" },
];

/// What tells in a minute whether much was lost.
pub(crate) const SHORT: &[Job] = &[
    Job {
        name: "copy",
        arguments: "nexmark --query w1,q1 --workload copy --engine flow,hand --workers 1 --events 5000000 --repeat 5",
    },
    Job { name: "redis", arguments: "redis --increments 300000 --connections 1 --repeat 3" },
];
