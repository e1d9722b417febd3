"""What every implementation of a seam must do: subclass a contract and give it its fixture."""
