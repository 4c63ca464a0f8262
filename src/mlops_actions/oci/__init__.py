"""OCI images without a daemon: layers, layouts, unpacking, registries.

Sources: OCI image specification 1.1 (layer, config, manifest, image-layout) and distribution specification 1.1.
"""
