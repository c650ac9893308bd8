"""Everything that must survive: database, blobs, artifacts, index checkpoints. It knows no model and no HTTP."""
