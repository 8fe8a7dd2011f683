"""What several layers share: fields on grids, images of densities and particles, contours, flows, spectra.

Nothing here knows a layer. A layer asks `layers/base.Seen`, which asks here.
"""
