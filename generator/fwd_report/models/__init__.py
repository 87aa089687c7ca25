"""Pretrained text-conditional models: DeepFloyd IF and the embedded emoji-IF, with one loader."""
