portable;
baskets = source(a);
baskets -> key_by(|b| b.shop) -> flat_map(|b| b.items, name = "items") -> sink(b);
baskets -> flat_map(|b| -> Vec<Item> { if b.paid { b.items } else { b.left } }) -> sink(c);
