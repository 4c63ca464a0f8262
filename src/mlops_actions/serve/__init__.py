"""The model server that goes into the image: Open Inference Protocol v2, plain rows, metrics. Imports none of the rest."""
