"""The models of retrieval: encoders, the span reader, rerankers, and how they are compiled and checked."""
