pipeline! {
nmae = "x";
parallelism = 0;
portable = true;
name = 5;
on_error = stop;
on_error = skip;
a = sorce(x) -> sink(y);
b = source(x) -> fliter(|o| o.a) -> agregate(|o| 1) -> sink(y);
c = source(x) -> filter(|o| o.a, |o| o.b) -> map() -> filter(|o| o.a, nam = "x") -> filter(|o| o.a, name = "x", name = "y") -> sink;
filter(|o| o.a) -> sink(y);
source(x) -> watermark(|o| o.a, monotone) -> join(a, b) -> sink(y);
d = source(x) sink(y);
}
