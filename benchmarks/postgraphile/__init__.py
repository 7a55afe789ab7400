"""PostGraphile from npm as one of the servers that are compared: the same reads over the same tables."""
