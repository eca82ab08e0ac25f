"""The page on 127.0.0.1:9876, in a process that lives while somebody looks: pages, API, who may open them."""
