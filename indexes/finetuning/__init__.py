"""From an int8 ONNX model to a better one: dequantise, train on pairs, export, and use only what wins."""
