pipeline! {
    name;
    version("x") = "1";
    portable("x");
    on_error = dead_letter;
    idle_timeout = 5us;
    property;
    property("a");
    property("b") = "1";
    property("b") = "2";
    source(x) -> sink(y, name = "");
}
pipeline! {
    on_error = dead_letter(a, b);
    name = "x" "y";
    idle_tiemout(30s);
    source(x) -> sink(y, name = 3, parallelism = 40000);
}
pipeline! {
    on_error = fail(3);
    idle_timeout = 99999999999999999d;
    source(x) -> sink(y);
}
pipeline! {
    on_error = pause(3);
    idle_timeout = "30s";
    source(x) -> sink(y)
}
pipeline! {
    portable;
    on_error = skip;
    source(x) -> sink(y);
}
pipeline! {
    on_error = dead_letter(dead);
    portable;
    source(x) -> sink(y);
}
