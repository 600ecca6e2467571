"""Faces: finding, meshes, pose, identity, hands, and following them through a clip."""
