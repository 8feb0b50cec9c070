"""Values to tokens and back: vocabulary, grammar, codec, features, tokenizer."""
