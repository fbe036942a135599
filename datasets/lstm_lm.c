// Zaremba, Sutskever, Vinyals, "Recurrent neural network regularization", arXiv 1409.2329, section
// 4.1: the large language model for Penn Treebank, over 35 words.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { WORDS = 35, VOCABULARY = 10000, HIDDEN = 1500, LAYERS = 2 };

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps words = maps_input(g, "words", TYPE_s64, INTS(1, WORDS), WORDS);
    struct maps x = embedding(words, "embedding", VOCABULARY, HIDDEN);
    x = transpose(x, "steps_first", INTS(1, 0, 2));
    for (int i = 0; i < LAYERS; i++)
        x = recurrent(x, layer_name(x, "lstm.%d", i), OP_LSTM, HIDDEN, false);
    x = transpose(x, "batch_first", INTS(1, 0, 2));
    output(linear(x, "softmax_w", VOCABULARY));
}

static const struct zoo_entry entries[] = {
    {"lstm_lm_large", LIST_modern, "language", 2014, "Zaremba et al., arXiv 1409.2329, section 4.1",
     .parameters = 66e6, .figures = "Merity et al., arXiv 1708.02182, table 1"},
};

const struct zoo_family family_lstm_lm = {"lstm_lm", build, ZOO_ROWS(entries)};
