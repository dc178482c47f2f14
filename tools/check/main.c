/* The layer and style check: check ROOT SOURCES. Reads the tree at ROOT, its LAYERS and its tools/exceptions, and the
   list SOURCES of files that the Makefile compiles; prints a line for each finding. Exit code 0 when there is none, 1
   when there are some, 2 when it could not look. */
#include "tools/check/dead.h"
#include "tools/check/layers.h"
#include "tools/check/style.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argument_count, char **arguments) {
    if (argument_count != 3) {
        fputs("usage: check ROOT SOURCES\n", stderr);
        return 2;
    }
    size_t sources_size = 0;
    char *sources = file_read(arguments[2], &sources_size);
    if (sources == NULL || chdir(arguments[1]) != 0) {
        fprintf(stderr, "check: cannot read %s, or enter %s\n", arguments[2], arguments[1]);
        return 2;
    }
    struct tree tree = {0};
    tree_read(&tree);
    const struct file *layers_file = tree_find(&tree, "LAYERS");
    if (layers_file == NULL) {
        fprintf(stderr, "check: %s has no file LAYERS\n", arguments[1]);
        return 2;
    }

    struct findings findings = {0};
    struct layers layers = {0};
    struct reached reached = {0};
    layers_read(&layers, layers_file, &findings);
    layers_check(&layers, &tree, &findings, &reached.included);
    style_check(&tree, &findings);
    reached.roots = layers.roots;
    texts_add_words(&reached.compiled, sources);
    dead_check(&tree, &reached, &findings);
    findings_excuse(&findings, "tools/exceptions");

    findings_print(&findings);
    printf("check: %zu files, %zu findings\n", tree.count, findings.count);
    return findings.count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
