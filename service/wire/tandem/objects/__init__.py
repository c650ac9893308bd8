"""The objects of the wire, and how each is made from a record of the store. Their fields are a contract."""
