"""How fast encoders, decoders and metrics are, against peers in the same run."""
