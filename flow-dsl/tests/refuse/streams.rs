pipeline! {
unused = source(x);
twice = source(x);
twice = source(x);
twice -> sink(y);
self_made = union(self_made, twice);
one = two -> filter(|o| o.a);
two = one -> filter(|o| o.a);
missing -> sink(y);
twic -> sink(y);
source(x) -> filter(|o| o.a);
named = twice -> sink(y);
source(x) -> route(big = |o| o.a, rest);
big -> sink(y);
source(x) -> route(one_way = |o| o.a);
union(source(x), twice) -> sink(y);
}
