name = format!("orders-{}", 1);
version = "2";
parallelism = 4;
on_error = dead_letter(dead);
idle_timeout = 30s;
property("state.backend") = "rocksdb";
property("x") = value;
source(a) -> sink(b, name = "out", parallelism = 2);
