"""What every route shares: the edge, authentication, bodies, errors and streams."""
