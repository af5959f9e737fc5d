"""A model behind HTTP: FastAPI and scikit-learn, and not one line about monitoring."""

import os

import joblib
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load(os.environ["MODEL_PATH"])
app = FastAPI(title="Air time")


class Flight(BaseModel):
    airline: str
    distance_mi: float
    departure_delay_min: float | None = None
    taxi_out_min: float | None = None


class AirTime(BaseModel):
    air_time_min: float


@app.post("/predict")
async def predict(flight: Flight) -> AirTime:
    [minutes] = model.predict([flight.model_dump()])
    return AirTime(air_time_min=minutes)


if __name__ == "__main__":
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host=host, port=port, log_level="warning")
