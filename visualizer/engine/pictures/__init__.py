"""What several layers share: fields on grids, images of densities and particles, contours, flows, spectra.

Nothing here knows a layer; layers ask here, some things by way of `Seen` in `layers/base.py`.
"""
