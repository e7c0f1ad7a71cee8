"""Objects as they stand on the wire, one file per API resource."""
