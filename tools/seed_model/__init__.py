"""How the seed model was made: corpus, tokenizer, training, evaluation; one command each."""
